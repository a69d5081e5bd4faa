"""What of a home lies outside the warehouse and holds persons, and how each of it forgets some."""

from collections.abc import Callable, Sequence

from assets.outreach.delivery import outbox
from resources import alert_marks, exports
from resources.clearing import clearing
from resources.home import Home
from serving.service import keeping

Forget = Callable[[Home, Sequence[str]], int]
"""Forgets accounts, freed bytes included, and returns how many rows or files went. Twice is a no-op."""


def _forget_messages(home: Home, accounts: Sequence[str]) -> int:
    with outbox.Outbox(home) as opened:
        return opened.forget(accounts)


def _cleared(file: str, forget: Forget) -> Forget:
    """How a file of SQLite below the home forgets, so that no byte of what it held is left."""

    def forgetting(home: Home, accounts: Sequence[str]) -> int:
        path = home.folder / file
        if not path.exists():
            return 0
        count = forget(home, accounts)
        with clearing(path):
            return count

    return forgetting


STORES: dict[str, Forget] = {
    "inbox": keeping.forget,
    "exports": _cleared(exports.FILE, exports.forget),
    "outbox": _cleared(outbox.FILE, _forget_messages),
    "alerts": _cleared(alert_marks.FILE, alert_marks.forget),
}


def exports_of(home: Home, accounts: Sequence[str]) -> list[str]:
    """The exports in which accounts were: what, when, by whom, in which form."""
    return [f"{each.what} · {each.at} · {each.who} · {each.kind}" for each in exports.of(home, accounts)]
