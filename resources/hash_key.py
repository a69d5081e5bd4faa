"""The key of a shop's hashes, its life: made once, for its owner only, and never exchanged for another without a word.

A home notes a check value of its key (an HMAC of a constant, cut to 64 bits, which says nothing of the key). With another key one
number would be two persons, so another one, or none where there was one, is refused.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from resources.errors import ZhikeError
from resources.home import marker_of, write_marker, write_safely

LEAST = 16
NOTED_AS = "key_check"
RESTORE = (
    "restore hash.key from a backup or set ZHIKE_HASH_KEY to the key that the home was made with; without it start a new home "
    "(--home) and run the shop's files again: its hashes will be others"
)


def hash_key(path: Path) -> bytes:
    """The shop's key: from ZHIKE_HASH_KEY, else from `path`, where it is made on first use with mode 0600.

    Raises ZhikeError for a key that is empty, shorter than 16 bytes, unreadable, or another than the one of the home that `path` lies in.
    """
    noted = marker_of(path.parent)
    known = noted.get(NOTED_AS)
    given = os.environ.get("ZHIKE_HASH_KEY")
    where = str(path) if given is None else "the environment variable ZHIKE_HASH_KEY"
    if given is None and not path.exists():
        if known is not None:
            raise ZhikeError("the key of this home's hashes is lost: hash.key is not there", where, RESTORE)
        _write(path, secrets.token_hex(32))
    key = given.encode() if given is not None else _read(path)
    if len(key) < LEAST:
        what = f"only {len(key)} bytes long, and {LEAST} are needed" if key else "empty"
        raise ZhikeError(
            f"the key of the hashes is {what}: with such a key anybody can find the numbers", where, RESTORE
        )
    check = hmac.new(key, b"zhike: the key of this home", hashlib.sha256).hexdigest()[:16]
    if known is None and noted:
        write_marker(path.parent, noted | {NOTED_AS: check})
    elif known is not None and known != check:
        raise ZhikeError("the key is not the one that this home's hashes were made with", where, RESTORE)
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes().strip()
    except OSError as error:
        raise ZhikeError(f"the key of the hashes cannot be read: {error.strerror}", str(path), RESTORE) from error


def _write(path: Path, text: str) -> None:
    try:
        write_safely(path, text)
    except OSError as error:
        raise ZhikeError(
            f"the key of the hashes cannot be written: {error.strerror}",
            str(path),
            "free space there, or make it writable",
        ) from error
