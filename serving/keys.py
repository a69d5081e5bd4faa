"""Keys of the API: who holds one may ask what its scopes allow. The key itself is shown once and kept nowhere, only its SHA-256."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from resources.errors import ZhikeError
from resources.home import Home, write_safely

FILE = "keys.json"
# What a key may be for; admin may do all.
SCOPES = ("read", "service", "marketing", "feedback", "privacy", "admin")


@dataclass(frozen=True)
class Key:
    """A key, by its name. `sha256` is that of the 32 random bytes as they are written."""

    name: str
    sha256: str
    scopes: list[str]
    made_at: str

    def may(self, scopes: Sequence[str]) -> bool:
        return "admin" in self.scopes or any(scope in self.scopes for scope in scopes)


def make(home: Home, name: str, scopes: list[str]) -> str:
    """Makes a key and returns it, the only time it can be read. Raises ZhikeError where there is one of the name."""
    keys = listed(home)
    if any(key.name == name for key in keys):
        raise ZhikeError(
            f"there is a key named {name} already",
            str(home.folder / FILE),
            f"choose another name, or revoke it first: zhike key revoke {name}",
        )
    text = f"zk_{secrets.token_urlsafe(32)}"
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    _write(home, [*keys, Key(name, _hashed(text), scopes, made_at)])
    return text


def revoke(home: Home, name: str) -> None:
    """Takes a key away; a running server refuses it from the next request on. Raises ZhikeError where there is none of the name."""
    keys = listed(home)
    if all(key.name != name for key in keys):
        raise ZhikeError(f"there is no key named {name}", str(home.folder / FILE), "zhike key list shows their names")
    _write(home, [key for key in keys if key.name != name])


def listed(home: Home) -> list[Key]:
    """The keys of a shop. Raises ZhikeError where their file is broken."""
    path = home.folder / FILE
    if not path.exists():
        return []
    try:
        return [Key(**key) for key in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise ZhikeError(
            "the file of keys is broken", str(path), "delete it and make the keys anew: zhike key make NAME --scope …"
        ) from error


class Keys:
    """The keys as they are now: the file is read again when it has changed."""

    def __init__(self, home: Home):
        self._home, self._path = home, home.folder / FILE
        self._stamp: tuple[int, int] | None = None
        self._keys: list[Key] = []

    def of(self, text: str) -> Key | None:
        """The key that somebody shows, if it is one. All are compared, in constant time, so the answer's time tells nothing."""
        self._refresh()
        shown = _hashed(text)
        found = [key for key in self._keys if hmac.compare_digest(key.sha256, shown)]
        return found[0] if found else None

    def holds(self, key: Key) -> bool:
        """Whether a key that was shown before is still one, with the same scopes."""
        self._refresh()
        return key in self._keys

    def _refresh(self) -> None:
        stamp = _stamp(self._path)
        if stamp != self._stamp:
            self._keys, self._stamp = listed(self._home), stamp


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    # Written anew under another name and renamed, a file is another one even within a clock's tick.
    return stat.st_mtime_ns, stat.st_ino


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _write(home: Home, keys: list[Key]) -> None:
    write_safely(home.folder / FILE, json.dumps([asdict(key) for key in keys], indent=1))
