"""Who may be addressed, and who refuses to be treated by personal traits: as of the moment at which it is asked.

What the published snapshot knows of each account (`features.consents`) is overruled by what waits in the inbox and is later. The later decision
holds; of two at one instant, the refusal. A decision for all channels ends those for one that are not later. A person is asked with all
of their accounts: who refuses with one of them refuses. Not known is no.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resources.cards import CARDS
from resources.home import Home
from resources.inbox import Waiting

if TYPE_CHECKING:
    import duckdb

    from resources.snapshot import Snapshot

MARKETING, PERSONALISATION = "marketing", "personalisation"
ALL = ""
TABLE = "features.consents"
NOTHING = "SELECT '' AS customer_id, '' AS purpose, '' AS channel, false AS is_given WHERE false"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Decision:
    """What an account decided: by `channel`, empty for all; `at` in microseconds since 1970, UTC."""

    purpose: str
    channel: str
    is_given: bool
    at: int

    @property
    def weight(self) -> tuple[int, bool]:
        """The heavier of two holds."""
        return self.at, not self.is_given


def standing(decisions: Iterable[Decision]) -> dict[tuple[str, str], Decision]:
    """What holds of all that an account decided, by purpose and channel: of all channels, and of one where that is the later word."""
    last: dict[tuple[str, str], Decision] = {}
    for each in decisions:
        place = each.purpose, each.channel
        if place not in last or each.weight > last[place].weight:
            last[place] = each
    return {
        (purpose, channel): each
        for (purpose, channel), each in last.items()
        if channel == ALL or (purpose, ALL) not in last or each.weight > last[purpose, ALL].weight
    }


def decision_of(row: Mapping[str, object]) -> Decision:
    """That of a row of the contract's table, as it waits in the inbox."""
    at = datetime.fromisoformat(str(row["decided_at"]))
    channel = str(row.get("channel") or ALL).strip().lower()
    return Decision(str(row["purpose"]), channel, bool(row["is_given"]), (at - EPOCH) // timedelta(microseconds=1))


Said = Mapping[tuple[str, str], Decision]


class Consents:
    """What was decided, as a version of the snapshot and the inbox know it. Each question is answered anew; may be asked from any thread."""

    def __init__(self, home: Home, snapshot: "Snapshot | Path"):
        folder = snapshot if isinstance(snapshot, Path) else snapshot.folder
        self._waiting = Waiting(home, "consents")
        self._published: sqlite3.Connection | None = None
        self._knows_decisions = False
        # A version without customers has no cards, one of an earlier release knows of no decisions.
        with suppress(sqlite3.Error):
            uri = f"{(folder / CARDS).as_uri()}?mode=ro&immutable=1"
            published = sqlite3.connect(uri, uri=True, check_same_thread=False)
            tables = {name for (name,) in published.execute("SELECT name FROM sqlite_master").fetchall()}
            self._published, self._knows_decisions = published, "consents" in tables

    def may_be_addressed(self, accounts: Collection[str], channel: str = ALL) -> bool:
        """Whether the person or persons with these accounts agree to be addressed by a channel. Without one they must not have refused any."""
        return self.agrees(accounts, channel) is True

    def agrees(self, accounts: Collection[str], channel: str = ALL) -> bool | None:
        """The same; None where it is not known."""
        said = [_by_channel(each, channel) for each in self._said(accounts)]
        if False in said:
            return False
        return True if True in said else None

    def refuses(self, accounts: Collection[str]) -> bool:
        """Whether the person with these accounts refuses to be treated by personal traits."""
        return any(map(_is_refused, self._said(accounts)))

    def refusing(self) -> frozenset[str]:
        """All persons who refuse to be treated by personal traits."""
        found: set[str] = set()
        if self._published and self._knows_decisions:
            refused = "SELECT person_id FROM consents WHERE purpose = 'personalisation' AND NOT is_given"
            found = {person for (person,) in self._published.execute(refused).fetchall()}
        about = f"json_extract(row, '$.purpose') = '{PERSONALISATION}'"
        changed = {self._person(account) for account in self._waiting.accounts(about)}
        return frozenset((found - changed) | {person for person in changed if self.refuses([person])})

    def lay(self, connection: "duckdb.DuckDBPyConnection") -> None:
        """Makes the temporary table `decided_now` over an open snapshot: what holds of every account (customer_id, purpose, channel, is_given)."""
        there = f"SELECT count(*) > 0 FROM duckdb_tables() WHERE schema_name || '.' || table_name = '{TABLE}'"
        ((is_there,),) = connection.execute(there).fetchall()
        select = f"SELECT customer_id, purpose, channel, is_given FROM {TABLE}" if is_there else NOTHING
        connection.execute(f"CREATE OR REPLACE TEMP TABLE decided_now AS {select}")
        said = {
            account: self._of_person(self._person(account), account)[account] for account in self._waiting.accounts()
        }
        if not said:
            return
        # A bound parameter would make the engine import pandas: what others wrote goes in as digits only.
        as_json = json.dumps(
            [
                {"customer_id": account, "purpose": purpose, "channel": channel, "is_given": each.is_given}
                for account, held in said.items()
                for (purpose, channel), each in held.items()
            ]
        )
        kinds = '[{"customer_id": "VARCHAR", "purpose": "VARCHAR", "channel": "VARCHAR", "is_given": "BOOLEAN"}]'
        text = f"decode(from_hex('{as_json.encode().hex()}'))"
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE waiting AS SELECT unnest(from_json({text}, '{kinds}'), recursive := true)"
        )
        connection.execute("DELETE FROM decided_now WHERE customer_id IN (SELECT customer_id FROM waiting)")
        connection.execute("INSERT INTO decided_now BY NAME FROM waiting")

    def _said(self, accounts: Collection[str]) -> list[Said]:
        """What holds of each account of the persons who have one of these."""
        found: dict[str, Said] = {}
        for account in accounts:
            if account not in found:
                found |= self._of_person(self._person(account), account)
        return list(found.values())

    def _person(self, account: str) -> str:
        if not self._published:
            return account
        found = self._published.execute("SELECT person_id FROM accounts WHERE customer_id = ?", (account,)).fetchone()
        return found[0] if found else account

    def _of_person(self, person: str, account: str) -> dict[str, Said]:
        """What holds of each account of a person, this one among them."""
        rows: list[Any] = []
        if self._published and self._knows_decisions:
            query = "SELECT customer_id, purpose, channel, is_given, decided_at FROM consents WHERE person_id = ?"
            rows = self._published.execute(query, (person,)).fetchall()
        elif self._published:
            query = "SELECT customer_id, '' FROM accounts WHERE person_id = ?"
            rows = self._published.execute(query, (person,)).fetchall()
        published: dict[str, list[Decision]] = {one: [] for one, *_ in rows}
        for one, purpose, *decision in rows:
            if purpose:
                channel, is_given, at = decision
                published[one].append(Decision(purpose, channel, bool(is_given), at))
        accounts = sorted({person, account, *published})
        waiting = self._waiting.of(accounts)
        return {one: standing([*published.get(one, ()), *map(decision_of, waiting.get(one, ()))]) for one in accounts}


def _by_channel(said: Said, channel: str) -> bool | None:
    mine = {where: each.is_given for (purpose, where), each in said.items() if purpose == MARKETING}
    if channel:
        return mine.get(channel, mine.get(ALL))
    if False in mine.values():
        return False
    return mine.get(ALL)


def _is_refused(said: Said) -> bool:
    return any(not each.is_given for (purpose, _), each in said.items() if purpose == PERSONALISATION)
