"""The proofs of erasures that a home keeps: `erasures/<proof_id>.json`, of which none names anybody."""

import json
from contextlib import suppress
from dataclasses import dataclass

from resources.home import Home

FOLDER = "erasures"


@dataclass(frozen=True)
class Kept:
    """A proof in short: when it was asked for and done (UTC), how many accounts and rows went, and the exports that they were in."""

    proof_id: str
    asked_at: str
    erased_at: str
    account_count: int
    row_count: int
    exports: tuple[str, ...]


def listed(home: Home, limit: int) -> list[Kept]:
    """The newest proofs first; one that was broken since is left out."""
    found: list[Kept] = []
    for path in (home.folder / FOLDER).glob("*.json"):
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            said = json.loads(path.read_text(encoding="utf-8"))
            went = sum(said["rows"].values()) + sum(said["elsewhere"].values())
            names = ("proof_id", "asked_at", "erased_at", "account_count")
            found.append(Kept(*(said[name] for name in names), went, tuple(said["exports"])))
    return sorted(found, key=lambda proof: proof.erased_at, reverse=True)[:limit]
