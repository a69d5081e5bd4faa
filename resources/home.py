"""Where everything of a shop lives: `<home>/<shop>/` with warehouse, Dagster home, models, landing, snapshot, reports."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resources.errors import ZhikeError
from resources.shop import Shop

ROOT = Path(__file__).resolve().parent.parent
MARKER = "shop.json"
SETTINGS = "dagster.yaml"
OTHERS = 0o077


def default_home() -> Path:
    return Path(os.environ.get("ZHIKE_HOME") or ROOT / ".zhike")


@dataclass(frozen=True)
class Home:
    folder: Path

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def lock(self) -> Path:
        return self.folder / "warehouse.lock"

    @property
    def dagster(self) -> Path:
        return self.folder / "dagster"

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def snapshot(self) -> Path:
        return self.folder / "snapshot"

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    @property
    def models(self) -> Path:
        return self.folder / "models"

    @property
    def spill(self) -> Path:
        return self.folder / "spill"

    @property
    def key(self) -> Path:
        return self.folder / "hash.key"


def open_home(shop: Shop, home: Path, *, to_read: bool = False) -> Home:
    """The shop's place under `home`, made on first use unless it is only `to_read`. Raises ZhikeError where another shop lives there, or
    where it cannot be written.

    What this process and its children write from then on is readable by its owner only; a home that others can read is closed.
    """
    os.umask(OTHERS)
    place = Home(home.expanduser().resolve() / shop.id)
    identity = {
        "name": shop.name.en,
        "time_zone": shop.time_zone,
        "currency": shop.currency,
        "start": shop.start.isoformat(),
        "history_on": shop.history_on.isoformat() if shop.history_on else None,
    }
    # From the home, so that both may be moved or copied together.
    folder = os.path.relpath(shop.folder, place.folder)
    try:
        if (place.folder / MARKER).exists():
            known = marker_of(place.folder)
            differing = [
                f"{name} {known.get(name)} (now {value})"
                for name, value in identity.items()
                if known.get(name) != value
            ]
            if differing:
                raise ZhikeError(
                    f"this home was made for another shop: {'; '.join(differing)}",
                    str(place.folder),
                    "give this shop a home of its own with --home or ZHIKE_HOME",
                )
            _keep_folder(place, known, folder)
        elif not to_read:
            place.folder.mkdir(parents=True, exist_ok=True)
            write_marker(place.folder, identity | {"folder": folder})
        if not to_read:
            place.landing.mkdir(exist_ok=True)
            place.dagster.mkdir(exist_ok=True)
            if not (place.dagster / SETTINGS).exists():
                write_safely(place.dagster / SETTINGS, (ROOT / SETTINGS).read_text(encoding="utf-8"))
        _close(place.folder)
    except OSError as error:
        raise ZhikeError(
            f"the shop's home cannot be written: {error.strerror}",
            str(place.folder),
            "free space there, make it writable, or choose another --home",
        ) from error
    return place


def _keep_folder(place: Home, known: dict[str, Any], folder: str) -> None:
    """Notes where the shop is now. Raises ZhikeError where another shop of the same name, whose home this is, is still there."""
    before = known.get("folder")
    # One folder may be written in many ways: the place counts.
    if before and (place.folder / before).resolve() == (place.folder / folder).resolve():
        return
    if before and (place.folder / before / "store.yaml").exists():
        raise ZhikeError(
            "this home is that of another shop of the same name",
            f"{place.folder}, made for {(place.folder / before).resolve()}",
            "give this shop a home of its own with --home or ZHIKE_HOME, or rename its folder",
        )
    # A home that may only be read stays as it is.
    with suppress(OSError):
        write_marker(place.folder, known | {"folder": folder})


def marker_of(folder: Path) -> dict[str, Any]:
    """What a home notes of its shop; nothing where there is no home."""
    path = folder / MARKER
    if not path.exists():
        return {}
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        known = None
    if not isinstance(known, dict):
        raise ZhikeError(
            "what this home notes of its shop is broken",
            str(path),
            "restore the file from a backup; or delete it, if no other shop was ever run into this home: it is then written anew",
        )
    return known


def write_marker(folder: Path, content: dict[str, Any]) -> None:
    write_safely(folder / MARKER, json.dumps(content, indent=1))


def write_safely(path: Path, text: str) -> None:
    """Writes a file whole or not at all, readable by its owner only: a kill or a full disk leaves what was there before."""
    # Two processes that write at once do not meet in one file.
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _close(folder: Path) -> None:
    """Takes a home that others can read, as older releases made it, from them; its own folder last, so that what was cut off is done again."""
    if not folder.exists() or not folder.stat().st_mode & OTHERS:
        return
    # A file system without modes or that is read only, or an owner who is somebody else, leaves them as they are.
    with suppress(OSError):
        for parent, _, names in os.walk(folder, topdown=False):
            for path in (*(Path(parent) / name for name in names), Path(parent)):
                if not path.is_symlink():
                    with suppress(FileNotFoundError):
                        path.chmod(path.stat().st_mode & ~OTHERS)


def export_demo(home: Path) -> Path:
    """The folder of the demo shop's files, told to its store.yaml as ZHIKE_DEMO unless that is set."""
    return Path(os.environ.setdefault("ZHIKE_DEMO", str(home.expanduser().resolve() / "demo" / "shop" / "source")))
