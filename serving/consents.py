"""What is shown of who refuses to be treated by personal traits: facts, and what sells. It is asked at the moment of answering.

A refusal takes scores, classes, taste and lists of their own away; orders, contacts and opinions stay, which service needs. Decisions that are
posted count from the next answer on.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from resources.cards import FACTS, FACTUAL_SORTS, Cards
from resources.consents import Consents
from resources.home import Home
from resources.inbox import Inbox
from resources.privacy import account_ids
from resources.words import Words
from serving import events
from serving.answers import NOT_YET, Refused, filled

Row = dict[str, Any]
REFUSED = Words(
    "已拒绝个性化：不显示评分、分群和偏好，推荐为近期热卖",
    "refuses to be treated by personal traits: no scores, classes or taste are shown, and what sells is recommended",
)
# A clock may be ahead of ours by so much: what it calls later is now.
AHEAD = timedelta(minutes=5)
TODAY_FACTS = (
    "on",
    "session_count",
    "view_count",
    "cart_count",
    "favorite_count",
    "search_count",
    "click_count",
    "last_seen_at",
)


class Asked:
    """Who agrees and who refuses, over the version of the cards that a request holds."""

    def __init__(self, home: Home):
        self._home = home
        self._opened: tuple[str, Consents] | None = None

    def of(self, cards: Cards) -> Consents:
        """May be called from any thread."""
        opened = self._opened
        if opened is None or opened[0] != cards.version:
            # Requests that still hold those of an earlier version have them.
            opened = self._opened = cards.version, Consents(self._home, cards.folder)
        return opened[1]


def read(body: bytes, zone: str) -> list[Row]:
    """The decisions of a request's body; instants without a zone are the shop's. Raises Refused (422) for one that is not as it should be, and (409)
    for one that is still to come: it would outlast every later one."""
    found = events.read("consents", body)
    now = datetime.now(UTC)
    for number, row in enumerate(found):
        at = datetime.fromisoformat(row["decided_at"])
        at = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))
        row["decided_at"] = min(at, now).isoformat()
        if at > now + AHEAD:
            raise Refused(409, filled(NOT_YET, (f"consents.{number}.decided_at",)))
    return found


def keep(inbox: Inbox, rows: Sequence[Row], key: Path) -> int:
    """Keeps decisions under the ids by which accounts are stored, and returns how many were not there yet. Raises ZhikeError where they cannot be."""
    stored = account_ids((row["customer_id"] for row in rows), key)
    return inbox.add("consents", [row | {"customer_id": stored[row["customer_id"]]} for row in rows])


def card(cards: Cards, consents: Consents, account: str) -> Row | None:
    """The card of the person who has an account, as far as they let themselves be treated by it."""
    found = cards.card(account)
    if found is None:
        return None
    refuses = consents.refuses([account])
    return (without_scores(found) if refuses else found) | {"refuses_personalisation": refuses}


def without_scores(row: Row) -> Row:
    """A card, or what a list shows of it, with its facts alone."""
    shown = {name: value if name in FACTS else None for name, value in row.items()}
    if row.get("today"):
        shown["today"] = {name: value if name in TODAY_FACTS else None for name, value in row["today"].items()}
    return shown


def recommendations(cards: Cards, consents: Consents, account: str) -> list[Row] | None:
    """The lists of the person who has an account; of who refuses what sells. None for somebody unknown."""
    if consents.refuses([account]):
        return cards.selling() if cards.has(cards.person(account)) else None
    return cards.recommendations(account)


def listed(rows: Sequence[Row], consents: Consents, sort: str, by: tuple[str, Any] | None) -> list[Row]:
    """The rows of a list: who refuses is on none that scores or classes make, and on others with facts alone."""
    found: list[Row] = []
    for row in rows:
        if not consents.refuses([row["person_id"]]):
            found.append(row)
        elif by is None and sort in FACTUAL_SORTS:
            found.append(without_scores(row))
    return found
