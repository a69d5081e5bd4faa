"""`cards.sqlite`, the face of the published snapshot for services: one row a person, found in microseconds.

A file is never changed (it is opened as immutable) and says which version it is of. `Published` holds the newest one, with the overlay of what
happened since: who answers a request takes it once, so that no answer mixes two versions, while the next is already there for others.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from resources.errors import ZhikeError
from resources.home import Home
from resources.overlay import NOTHING, Fresh, Overlay
from resources.quoting import identifier, literal
from resources.snapshot import POINTER, version
from resources.wishes import NOBODY, Leaving
from resources.words import Words

CARDS = "cards.sqlite"
# What lists are filtered by: its name, and the column of a card that holds it.
FILTERS = {"segment": "segment_id", "class": "class_en", "group": "group_en"}
# What lists are sorted by, the highest first; of recency the most recent.
SORTS = {"clv_12m": "clv_12m", "p_churn": "p_churn", "spend": "spend", "recency_days": "-recency_days"}
# Those of them that no model makes.
FACTUAL_SORTS = ("spend", "recency_days")
# What a list shows of a person; the rest is on the card.
LISTED = (
    "person_id", "label_zh", "label_en", "segment_id", "segment_zh", "segment_en", "class_zh", "class_en", "group_zh", "group_en",
    "p_purchase", "p_churn", "clv_12m", "spend", "recency_days", "frequency", "last_purchase_on",
)  # fmt: skip
# What a card says of who refuses to be treated by personal traits: facts, and no score, class or taste.
FACTS = frozenset({
    "as_of", "person_id", "customer_ids", "account_count", "first_purchase_on", "last_purchase_on", "recency_days", "frequency", "t_days", "spend",
    "monetary_value", "purchases_365d", "spend_365d", "gap_mean_days", "return_share", "category_count", "channel_count", "visit_recency_days",
    "tenure_days", "review_count", "review_rating", "negative_review_count_90d", "contacts_90d", "complaints_90d", "last_contact_on",
    "last_contact_reason_zh", "last_contact_reason_en",
})  # fmt: skip
# What may become of an order, by the column that says when.
STEPS = ("paid_at", "shipped_at", "delivered_at", "cancelled_at")
SELLING = Words("近期热卖", "Sells well")
# Who has no value comes last.
LAST = -1e300
# No id holds a sign behind it.
LAST_SIGN = chr(0x10FFFF)

Row = dict[str, Any]


def key_of(sort: str) -> str:
    """The SQL by which a list is sorted."""
    return f"ifnull({SORTS[sort]}, {LAST})"


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and after which of them the next page begins; None at the end."""

    rows: list[Row]
    last: tuple[float, str] | None


@dataclass(frozen=True)
class Cards:
    """The open file of one version."""

    connection: sqlite3.Connection
    version: str
    as_of: str
    fresh_at: str
    columns: dict[str, str]
    folder: Path
    _coded: tuple[tuple[str, bool], ...] = field(repr=False)
    overlay: Overlay = NOTHING
    leaving: frozenset[str] = field(default=NOBODY, repr=False)
    """Accounts that wait to be erased: of their persons nothing is told."""

    gone: frozenset[str] = field(default=NOBODY, repr=False)
    """Those persons."""

    _texts: dict[int, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, folder: Path) -> "Cards":
        """The file in the folder of a version. Raises sqlite3.Error where it is gone or broken."""
        # By its URI, a path may hold any letter.
        uri = f"{(folder / CARDS).as_uri()}?mode=ro&immutable=1"
        connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        said = dict(connection.execute("SELECT name, value FROM meta").fetchall())
        columns = json.loads(said["columns"])
        coded = tuple((name, how == "text") for name, how in columns.items() if how != "plain")
        return cls(connection, said["version"], said["as_of"], said["fresh_at"], columns, folder, coded)

    def person(self, account: str) -> str:
        """Who has an account: who has only one is known by it."""
        found = self._one("SELECT person_id FROM accounts WHERE customer_id = ?", account)
        return found[0] if found else account

    def has(self, person: str) -> bool:
        """Whether there is a card of a person."""
        return person not in self.gone and self._one("SELECT 1 FROM cards WHERE person_id = ?", person) is not None

    def without(self, accounts: frozenset[str]) -> "Cards":
        """The same cards, of which nothing is told of those who have these accounts."""
        return replace(self, leaving=accounts, gone=frozenset(map(self.person, accounts)))

    def search(self, typed: str, limit: int, after: str = "") -> list[tuple[str, Row]]:
        """Accounts whose id begins with what was typed, or holds it where none begins so, each with its person as a list shows them, by id,
        those after `after`."""
        ranges = "{} >= ? AND {} < ? AND {} > ?"
        bounds = (typed, typed + LAST_SIGN, after)
        accounts = (
            f"SELECT customer_id AS id, person_id FROM accounts WHERE {ranges.replace('{}', 'customer_id')} "
            f"UNION SELECT person_id, person_id FROM cards WHERE {ranges.replace('{}', 'person_id')}"
        )
        told = f"SELECT id, person_id FROM ({accounts}) WHERE person_id {self.not_gone} ORDER BY id LIMIT ?"
        found = self.connection.execute(told, (*bounds, *bounds, limit)).fetchall()
        if not found and not after:
            held = f"SELECT person_id, person_id FROM cards WHERE instr(lower(person_id), lower(?)) AND person_id {self.not_gone} ORDER BY 1 LIMIT ?"
            found = self.connection.execute(held, (typed, limit)).fetchall()
        columns = [name for name in LISTED if name in self.columns]
        shown = f"SELECT {', '.join(map(identifier, columns))} FROM cards WHERE person_id = ?"
        rows = ((account, self._one(shown, person)) for account, person in found)
        return [(account, self._shown(row, columns)) for account, row in rows if row]

    def card(self, account: str) -> Row | None:
        """All that is known of the person who has an account; `today` of who was active since the snapshot."""
        person = self.person(account)
        row = self._one("SELECT * FROM cards WHERE person_id = ?", person)
        if not row or person in self.gone:
            return None
        fresh = self.fresh(person)
        return self._shown(row, self.columns) | {"today": fresh.today if fresh else None}

    def fresh(self, account: str) -> Fresh | None:
        """What is known of the person who has an account since the snapshot; None of who was not active."""
        person = self.person(account) if self.overlay.people else ""
        return self.overlay.people.get(person) if person not in self.gone else None

    def recommendations(self, account: str) -> list[Row] | None:
        """Both lists of the person who has an account, in order; None for somebody unknown."""
        person = self.person(account)
        fresh = self.fresh(person)
        if fresh and fresh.recommendations is not None:
            return fresh.recommendations
        lists = self._one("SELECT items FROM recommendations WHERE person_id = ?", person)
        if not lists or person in self.gone:
            return [] if self.has(person) else None
        places: Counter[str] = Counter()
        return [self._item(places, *item) for item in json.loads(lists[0])]

    def selling(self) -> list[Row]:
        """What sells, the most bought first, as a list for who refuses to be treated by personal traits."""
        if not self._knows("selling"):
            return []
        found = self.connection.execute("SELECT position, product_id, title FROM selling ORDER BY position").fetchall()
        return [
            {
                "list": "discover",
                "position": position,
                "product_id": product_id,
                "title": title,
                "score": None,
                "source": "selling",
                "because_of": [],
                "because_zh": SELLING.zh,
                "because_en": SELLING.en,
                "due_on": None,
                "list_id": f"zhike-discover-{self.as_of.replace('-', '')}-selling",
            }
            for position, product_id, title in found
        ]

    def _item(
        self, places: "Counter[str]", product: int, reason: int, score: float | None = None, due: int | None = None
    ) -> Row:
        product_id, title = self._one("SELECT product_id, title FROM products WHERE id = ?", product)
        name, source, because_of, zh, en, list_id = self._one(
            "SELECT list, source, because_of, because_zh, because_en, list_id FROM reasons WHERE id = ?", reason
        )
        places[name] += 1
        return {
            "list": name,
            "position": places[name],
            "product_id": product_id,
            "title": title,
            "score": score,
            "source": source,
            "because_of": json.loads(because_of) if because_of else [],
            "because_zh": zh,
            "because_en": en,
            "due_on": None if due is None else (date.fromisoformat(self.as_of) + timedelta(days=due)).isoformat(),
            "list_id": list_id,
        }

    def similar(self, product_id: str) -> list[Row] | None:
        """The products that go with one; None where none are known."""
        found = self._one("SELECT items FROM similar_products WHERE product_id = ?", product_id)
        return json.loads(found[0]) if found else None

    def orders(self, account: str) -> list[Row]:
        """The newest orders of an account, and of no other of the same person, the latest first, with what became of them when (instants, UTC)."""
        if not self._knows("orders") or self.person(account) in self.gone:
            return []
        found = self._one("SELECT items FROM orders WHERE customer_id = ?", account)
        return [_order(*each) for each in json.loads(found[0])] if found else []

    def entries(self) -> list[tuple[Any, ...]]:
        """The rows of `answers` as they are now: answer_id, intent, question, answer, locale."""
        if not self._knows("entries"):
            return []
        query = "SELECT answer_id, intent, question, answer, locale FROM entries ORDER BY answer_id"
        return self.connection.execute(query).fetchall()

    def _knows(self, table: str) -> bool:
        """Whether the file has a table: those of earlier releases lack some."""
        return self._one("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", table) is not None

    def segments(self) -> list[Row]:
        """The segments of the newest week, the largest first."""
        rows = [json.loads(row) for (row,) in self.connection.execute("SELECT row FROM segments").fetchall()]
        return sorted(rows, key=lambda row: (-row["customer_count"], row["segment_id"]))

    def sorts(self) -> list[str]:
        """What lists can be sorted by, the first unless told otherwise."""
        return [sort for sort in SORTS if sort in self.columns]

    def values(self, name: str) -> list[Row]:
        """What there is of a filter: its value, with its name in both languages."""
        rows = self.connection.execute("SELECT value, zh, en FROM filters WHERE name = ?", (name,)).fetchall()
        return [{"value": value, "zh": zh, "en": en} for value, zh, en in rows]

    def page(self, sort: str, limit: int, by: tuple[str, Any] | None, after: tuple[float, str] | None) -> Page:
        """A page of the list by `sort`, of all persons or of those with a value of a filter. It costs the same at any depth."""
        key = key_of(sort)
        name = by[0] if by else next((name for name, column in FILTERS.items() if column in self.columns), None)
        # All persons are those of every value of one filter, and those without one: each is sorted by its index.
        values = [by[1]] if by else [*(each["value"] for each in self.values(name)), None] if name else []
        where = [f"{FILTERS[name]} IS ?" for _ in values] if name else ["true"]
        # An index finds either whom the last one's key is shared by, or whose key is lower.
        further = [f" AND {key} = ? AND person_id < ?", f" AND {key} < ?"] if after else [""]
        bounds = [after, after[:1]] if after else [()]
        parts: list[str] = []
        bound: list[Any] = []
        for number, one in enumerate(where):
            for more, bounded in zip(further, bounds, strict=True):
                parts.append(
                    f"SELECT * FROM (SELECT person_id, {key} AS sorted_by FROM cards WHERE {one}{more} AND person_id {self.not_gone} "
                    f"ORDER BY {key} DESC, person_id DESC LIMIT ?)"
                )
                bound += [*values[number : number + 1], *bounded, limit + 1]
        order = "ORDER BY sorted_by DESC, person_id DESC"
        columns = [name for name in LISTED if name in self.columns]
        rows = self.connection.execute(
            f"SELECT sorted_by, {', '.join(map(identifier, columns))} FROM ({' UNION ALL '.join(parts)} {order} LIMIT ?) JOIN cards USING (person_id) {order}",
            [*bound, limit + 1],
        ).fetchall()
        found = [(row[0], self._shown(row[1:], columns)) for row in rows[:limit]]
        last = (found[-1][0], found[-1][1]["person_id"]) if len(rows) > limit else None
        return Page([row for _, row in found], last)

    @property
    def not_gone(self) -> str:
        """What follows an id in SQL: it is of nobody of whom nothing is told."""
        ids = sorted(self.gone | self.leaving)
        return f"NOT IN ({', '.join(map(literal, ids))})" if ids else "IS NOT NULL"

    def _one(self, query: str, *values: object) -> Any:
        return self.connection.execute(query, values).fetchone()

    def _shown(self, row: Sequence[Any], columns: Iterable[str]) -> Row:
        shown: Row = dict(zip(columns, row, strict=True))
        for name, is_text in self._coded:
            value = shown.get(name)
            if value is not None:
                shown[name] = self._text(value) if is_text else json.loads(value)
        return shown

    def _text(self, number: int) -> str:
        if number not in self._texts:
            (self._texts[number],) = self.connection.execute(
                "SELECT text FROM texts WHERE id = ?", (number,)
            ).fetchone()
        return self._texts[number]


def _order(order_id: str, ordered: int, cents: int | None, *later: int | None) -> Row:
    """An order as it is stored: the minute at which it was ordered, its worth in cents, and the minutes from then on until it was paid, shipped, delivered
    and, where it was, cancelled."""
    minutes = {"ordered_at": ordered}
    minutes |= {name: ordered + wait for name, wait in zip(STEPS, later, strict=False) if wait is not None}
    instants = {name: datetime.fromtimestamp(60 * minute, UTC) for name, minute in minutes.items()}
    return {"order_id": order_id, "spend": None if cents is None else cents / 100} | instants


class Published:
    """The newest published cards of a shop."""

    def __init__(self, home: Home):
        self._home = home
        self._link = home.snapshot / POINTER
        # Both in one, so that threads that look at once never see the target of one version with the cards of another.
        self._opened: tuple[str, Cards] | None = None
        self._overlay = NOTHING
        self._leaving = Leaving(home)

    def lay(self, overlay: Overlay) -> None:
        """Lays an overlay over the version that it is of: the cards of every request from then on have it. May be called from any thread."""
        self._overlay = overlay

    def folder(self) -> Path | None:
        """The folder of the version that the pointer shows; None where nothing is published."""
        try:
            return (self._home.snapshot / self._link.readlink()).resolve()
        except OSError:
            return None

    def now(self) -> Cards:
        """The cards that the pointer shows. Those opened before stay open while somebody holds them. Raises ZhikeError where nothing
        is published, or what is has no cards."""
        # A version may be removed between the look at the pointer and its opening: the pointer then shows another.
        for _ in range(3):
            try:
                target = str(self._link.readlink())
            except OSError:
                break
            opened = self._opened
            if opened and opened[0] == target:
                return self._laid(*opened)
            folder = (self._home.snapshot / target).resolve()
            with suppress(sqlite3.Error, KeyError, ValueError):
                if version(folder):
                    self._opened = target, Cards.of(folder)
                    return self._laid(*self._opened)
        raise ZhikeError(
            "nothing is published yet that a service can read",
            str(self._link),
            "run the shop first: zhike run --store …; a snapshot of an earlier release is published anew by it",
        )

    def _laid(self, target: str, cards: Cards) -> Cards:
        overlay = self._overlay
        # That of another version is forgotten: what it knew is in the newer one, or is worked out anew.
        if overlay is not cards.overlay and overlay.version == cards.version:
            cards = replace(cards, overlay=overlay)
            self._opened = target, cards
        leaving = self._leaving.accounts()
        if leaving != cards.leaving:
            cards = cards.without(leaving)
            self._opened = target, cards
        return cards
