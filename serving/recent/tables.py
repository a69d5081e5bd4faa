"""What the SQL of the run reads, of some persons, in memory: their history from the snapshot, and what came to the inbox since.

The files of SQL are those of the batch, and so are the names under which they read. Only orders of today are not there: they come with the run.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from assets.clean.typing import typed
from assets.features import queries as features
from assets.features.tables import CUSTOMER_DAYS, IDENTITIES
from assets.insights.segments.tables import SEGMENTS
from assets.insights.sentiment.tables import REVIEW_SCORES
from resources import privacy, reading
from resources.arrival import stored
from resources.contract import CONTRACT
from resources.hash_key import hash_key
from resources.home import Home
from resources.quoting import literal
from resources.sales import sales
from resources.shop import Shop
from resources.snapshot import HISTORY
from resources.tables import Table

if TYPE_CHECKING:
    import pandas as pd

MEMORY = "500MB"
EVENTS = CONTRACT["events"]
# A table of the snapshot, by the name under which the SQL reads it.
HISTORIES: dict[str, Table] = {
    "customer_days": CUSTOMER_DAYS,
    "orders": CONTRACT["orders"].clean,
    "reviews": REVIEW_SCORES,
}


class Tables:
    """The engine with all of it. One version of the snapshot and one day at a time."""

    def __init__(self, shop: Shop, home: Home):
        self.shop = shop
        self.connection = duckdb.connect(config={"memory_limit": MEMORY, "threads": 1})
        self.connection.execute("SET enable_progress_bar = false")
        self.connection.execute(f"SET TimeZone = {literal(shop.time_zone)}")
        privacy.register(self.connection, hash_key(home.key))
        reading.register(self.connection, shop.time_zone, decimal_comma=shop.has_decimal_comma)
        self.connection.execute(EVENTS.clean.create_sql("received", temporary=True))
        self.connection.execute("ALTER TABLE received ADD COLUMN received_at VARCHAR")
        self._columns: dict[str, list[str]] = {}

    def open(self, folder: Path) -> date | None:
        """Takes a version of the snapshot in place of the one before. Returns the day up to which it holds events; None where it keeps no
        history. Raises duckdb.Error where it is gone or broken."""
        for name in ("snap", "history"):
            self.connection.execute(f"DETACH DATABASE IF EXISTS {name}")
        self._columns = {}
        if not (folder / HISTORY).exists():
            return None
        for name, file in (("snap", "zhike.duckdb"), ("history", HISTORY)):
            self.connection.execute(f"ATTACH {literal(folder / file)} AS {name} (READ_ONLY)")
        for database, schema, table, column in self._rows(
            "SELECT database_name, schema_name, table_name, column_name FROM duckdb_columns() "
            "WHERE database_name IN ('snap', 'history') ORDER BY ALL"
        ):
            self._columns.setdefault(f"{database}.{schema}.{table}", []).append(column)
        ((until,),) = self._rows("SELECT until FROM history.main.covers")
        self.connection.execute("DELETE FROM received WHERE delivered_on <= $until", {"until": until})
        self._bring("products", CONTRACT["products"].clean, "snap.clean.products")
        return until

    def receive(self, rows: Sequence[tuple[str, str, str]]) -> list[str]:
        """Takes rows of the inbox as the run does: what is personal hashed, texts to types, those that cannot be believed left out, each id
        once. Returns the accounts of the new ones."""
        names = ", ".join(f"json_extract_string(row, '$.{field.name}') AS {field.name}" for field in EVENTS.fields)
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE arrived AS SELECT {names}, delivered_on, row_number() OVER () AS row_no, "
            "CAST(NULL AS JSON) AS refused, received_at FROM (SELECT CAST(unnest($days) AS DATE) AS delivered_on, "
            "unnest($instants) AS received_at, CAST(unnest($rows) AS JSON) AS row)",
            dict(zip(("days", "instants", "rows"), map(list, zip(*rows, strict=True)), strict=True)),
        )
        clean = typed(EVENTS, self.shop, f"({stored(EVENTS, 'arrived')})")
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE fresh AS SELECT t.* EXCLUDE (reason, refused), 1 AS sign, a.received_at "
            f"FROM ({clean}) AS t JOIN arrived AS a USING (row_no) "
            "WHERE t.reason IS NULL AND t.event_id NOT IN (SELECT event_id FROM received)"
        )
        self.connection.execute("INSERT INTO received BY NAME FROM fresh")
        return [account for (account,) in self._rows("SELECT DISTINCT customer_id FROM fresh ORDER BY ALL")]

    def received_accounts(self) -> list[str]:
        return [account for (account,) in self._rows("SELECT DISTINCT customer_id FROM received ORDER BY ALL")]

    def give(self, persons: Sequence[str], today: date) -> None:
        """Makes the tables of some persons, as of the day after `today`, so that today counts."""
        execute, week = self.connection.execute, today + timedelta(days=1)
        execute(
            "CREATE OR REPLACE TEMP TABLE asked_persons AS SELECT unnest($persons) AS person_id",
            {"persons": list(persons)},
        )
        execute("CREATE OR REPLACE TEMP TABLE weeks AS SELECT CAST($week AS DATE) AS as_of", {"week": week})
        self._bring("identities", IDENTITIES, "snap.features.identities_latest", "asked_persons", "person_id")
        execute(
            "CREATE OR REPLACE TEMP TABLE merged AS SELECT w.as_of, i.customer_id, i.person_id FROM identities AS i, weeks AS w"
        )
        execute(
            "CREATE OR REPLACE TEMP TABLE accounts AS SELECT customer_id FROM merged UNION SELECT person_id FROM asked_persons"
        )
        self._bring("customers", CONTRACT["customers"].clean, "history.main.customers", "accounts")
        self._bring("segments", SEGMENTS, "snap.insights.segments_latest", "asked_persons", "person_id")
        self._bring("history_events", EVENTS.clean, "history.main.events", "accounts")
        execute(
            "CREATE OR REPLACE TEMP TABLE events AS "
            "SELECT * EXCLUDE (received_at) REPLACE (row_number() OVER (PARTITION BY delivered_on ORDER BY received_at, event_id) AS row_no) "
            "FROM received AS r SEMI JOIN accounts USING (customer_id) WHERE NOT EXISTS (FROM history_events AS h WHERE h.event_id = r.event_id "
            f"AND h.delivered_on >= r.delivered_on - {self.shop.settings.duplicate_days:d})"
        )
        execute("CREATE OR REPLACE TEMP VIEW persons AS FROM asked_persons LEFT JOIN segments USING (person_id)")
        execute("CREATE OR REPLACE TEMP TABLE asked AS SELECT DISTINCT delivered_on FROM events")
        execute(
            "CREATE OR REPLACE TEMP TABLE counted AS SELECT coalesce(m.person_id, e.customer_id) AS person_id, count(*) AS event_count "
            "FROM events AS e LEFT JOIN merged AS m USING (customer_id) GROUP BY ALL"
        )
        # The days of today first, of which there are no orders yet.
        self._bring("orders", CONTRACT["orders"].clean, "")
        execute(f"CREATE OR REPLACE TEMP VIEW sales AS {sales(self.shop, 'orders')}")
        days = features.SQL("customer_days")
        execute(
            f"CREATE OR REPLACE TEMP TABLE new_days AS {days}",
            {"session_seconds": self.shop.settings.session_minutes * 60},
        )
        for name, table in HISTORIES.items():
            self._bring(name, table, f"snap.{table.qualified}", "accounts")
        execute("INSERT INTO customer_days BY NAME FROM new_days")
        execute("INSERT INTO events BY NAME FROM history_events")
        for name in features.VIEWS:
            execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {features.SQL(name)}")

    def frame(self, sql: str, parameters: dict[str, Any] | None = None) -> "pd.DataFrame":
        return self.connection.execute(sql, parameters).df()

    def _bring(self, name: str, table: Table, source: str, of: str = "", by: str = "customer_id") -> None:
        """Makes a table of the rows of the snapshot that belong to some persons: empty where the shop has no such table, and so are columns."""
        there = self._columns.get(source)
        if there is None:
            self.connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
            self.connection.execute(table.create_sql(name, temporary=True))
            return
        relation = f"{source} SEMI JOIN {of} USING ({by})" if of else source
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {table.whole(there, relation)}")

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()
