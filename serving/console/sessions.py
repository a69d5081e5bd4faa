"""Who is logged in: a random id in a cookie, of which the server keeps the SHA-256, and which key it was given for."""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass

from serving.keys import Key, Keys

COOKIE = "zhike_session"
HOURS, MOST = 12, 1000


@dataclass(frozen=True)
class Session:
    """A login: with which key, until when, and the token that its forms show."""

    key: Key
    ends_at: float
    token: str


class Sessions:
    """The sessions of this process; they end with it, with their key, and after some hours."""

    def __init__(self, keys: Keys, hours: float = HOURS):
        self._keys, self._hours = keys, hours
        self._by_hash: dict[str, Session] = {}

    def begin(self, key: Key) -> str:
        """The id of a new session. Beyond the most that are kept, the oldest ends."""
        text = secrets.token_urlsafe(32)
        while len(self._by_hash) >= MOST:
            del self._by_hash[next(iter(self._by_hash))]
        self._by_hash[_hashed(text)] = Session(key, time.time() + 3600 * self._hours, secrets.token_urlsafe(32))
        return text

    def of(self, text: str) -> Session | None:
        """The session of an id, unless it is over or its key was revoked. What is looked up is a hash: the time that it takes tells nothing of an id."""
        found = self._by_hash.get(_hashed(text))
        if found is None:
            return None
        if found.ends_at <= time.time() or not self._keys.holds(found.key):
            self.end(text)
            return None
        return found

    def end(self, text: str) -> None:
        self._by_hash.pop(_hashed(text), None)


def is_token(session: Session, shown: str) -> bool:
    """Whether a form shows the token of its session, compared in constant time."""
    return hmac.compare_digest(session.token.encode(), shown.encode(errors="replace"))


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
