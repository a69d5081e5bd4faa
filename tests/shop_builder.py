"""The tea house: one small shop, written by hand, in which every row is there because it is awkward somewhere.

History of 1 to 16 January 2024 handed over on the 17th (a Wednesday), then a delivery a day until Sunday 4 February, so that
weeks 8 and 15 January rest on the history, 22 January on both, 29 January and 5 February on days only.
"""

import csv
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from assets.clean.assets import build as clean
from assets.features.assets import build as features
from assets.raw.assets import build as raw
from resources.calendar import Calendar
from resources.shop import Shop, load_shop
from resources.warehouse import Warehouse
from tests.memory import in_memory

FIRST, LAST = date(2024, 1, 17), date(2024, 2, 4)
WEEKS = [date(2024, 1, 8) + timedelta(days=7 * n) for n in range(5)]

STORE = """
name: {zh: 茶馆, en: Tea house}
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-01
history_on: 2024-01-17
end: 2024-02-04
sources:
  order_lines: [{path: history/orders.parquet, history: true}, {path: "orders/{date}.csv"}]
  actions: {path: "events/{date}.csv", optional: true}
  accounts: [{path: history/customers.csv, history: true}, {path: "customers/{date}.csv", optional: true}]
  goods: [{path: history/products.csv, history: true}, {path: "products/{date}.csv", optional: true}]
  keys: [{path: history/links.csv, history: true}, {path: "links/{date}.csv", optional: true}]
tables:
  orders: orders.sql
  events: SELECT * FROM actions
  customers: SELECT * FROM accounts
  products: SELECT * FROM goods
  links: SELECT * FROM keys
limits: {quarantine_share: 0.9, unknown_share: 0.5}
"""
ORDERS_SQL = """-- every column of the file is one of the contract
SELECT * FROM order_lines;
"""
COLUMNS = {
    "orders": [
        "order_id",
        "line_no",
        "customer_id",
        "product_id",
        "quantity",
        "unit_price",
        "discount",
        "ordered_at",
        "cancelled_at",
        "channel",
        "line_type",
        "currency",
    ],
    "events": ["event_id", "customer_id", "event_type", "product_id", "occurred_at", "channel", "query"],
    "customers": [
        "customer_id",
        "registered_at",
        "gender",
        "birth_year",
        "region",
        "occupation",
        "email",
        "phone",
        "known_on",
    ],
    "products": ["product_id", "title", "category", "price", "known_on"],
    "links": ["customer_id", "key_type", "key_value", "known_on"],
    "reviews": ["review_id", "customer_id", "product_id", "rating", "text", "reviewed_at"],
}
EMAIL, PHONE = "anna@example.com", "+86 138-0013-8000"

Row = dict[str, Any]


def line(
    order_id: str, customer_id: str, at: str, quantity: object = 1, unit_price: object = 10, **others: object
) -> Row:
    """An order line of tea, one piece at 10."""
    return {
        "order_id": order_id, "line_no": 1, "customer_id": customer_id, "product_id": "tea", "quantity": quantity,
        "unit_price": unit_price, "ordered_at": at, "channel": "app",
    } | others  # fmt: skip


def event(event_id: str, customer_id: str, event_type: str, at: str, **others: object) -> Row:
    return {
        "event_id": event_id,
        "customer_id": customer_id,
        "event_type": event_type,
        "occurred_at": at,
        "channel": "app",
    } | others


A = line("d1", "anna", "2024-01-18 09:00:00", 1, 12)
B = A | {"unit_price": 10}

HISTORY = [
    # anna: two lines on a day, a gap of 7 days, a second channel.
    line("h1", "anna", "2024-01-02 10:00:00", 2),
    line("h1", "anna", "2024-01-02 10:00:00", 1, 30, line_no=2, product_id="cup"),
    line("h2", "anna", "2024-01-09 10:00:00", channel="web"),
    # The last second before a week and its first: bob is known to week 8 January, cara is not.
    line("h3", "bob", "2024-01-07 23:59:59", 1, 30, product_id="cup"),
    line("h4", "cara", "2024-01-08 00:00:00", 3, discount=5),
    # The same line once more in one delivery.
    line("h4", "cara", "2024-01-08 00:00:00", 3, discount=5),
    # A guest is sold to, but nobody's history.
    line("h5", "", "2024-01-10 12:00:00"),
    # The shop did not exist yet.
    line("h0", "anna", "2023-12-31 23:59:59"),
]
ORDERS: dict[str, list[Row]] = {
    "2024-01-18": [A],
    # Each rule of quarantine once, and what looks like one but is none: a fee below zero.
    "2024-01-19": [
        line("q1", "bob", "2024-01-19 08:00:00", 0),
        line("q2", "bob", "2024-01-19 08:00:00", 1, -3),
        line("q3", "bob", "31/31/2024"),
        line("", "bob", "2024-01-19 08:00:00"),
        line("q5", "bob", "2024-01-19 08:00:00", currency="USD"),
        line("q6", "bob", "2024-01-20 00:00:00"),
        line("q7", "bob", "2023-11-01 08:00:00"),
        line("q8", "bob", "2024-01-19 08:00:00", "1.5"),
        line("q9", "bob", "2024-01-19 08:00:00", "two"),
        line("q10", "bob", "2024-01-19 08:00:00", line_type="gift"),
        line("q11", "bob", "2024-01-19 08:00:00", 2_000_000),
        line("q12", "bob", "2024-01-19 08:00:00", 1, 20_000_000),
        line("q13", "bob", "2024-01-19 08:00:00", product_id=" "),
        line("d2", "bob", "2024-01-19 08:00:00", 2, currency="cny"),
        line("d3", "bob", "2024-01-19 08:00:00", 1, -3, line_type="adjustment", product_id="fee"),
    ],
    # Written in UTC on the 19th; the shop's day is the 20th.
    "2024-01-20": [line("d4", "cara", "2024-01-19T17:00:00Z")],
    # Late: of week 15 January, told in week 22 January.
    "2024-01-21": [line("d5", "anna", "2024-01-13 10:00:00")],
    # A, then B, then B again, then A again.
    "2024-01-22": [B],
    "2024-01-23": [B, HISTORY[3]],
    "2024-01-24": [A],
    # A return, booked on its own day.
    "2024-01-25": [line("r1", "bob", "2024-01-25 10:00:00", -1)],
    # A line of the history was another customer's.
    "2024-01-26": [HISTORY[4] | {"customer_id": "dora"}],
    # Kept, but no sales: an outlier, a cancelled line, postage.
    "2024-01-27": [
        line("d6", "bob", "2024-01-27 10:00:00", 20_000),
        line("d7", "bob", "2024-01-27 10:00:00", cancelled_at="2024-01-27 11:00:00"),
        line("d8", "bob", "2024-01-27 10:00:00", line_type="shipping", product_id="post"),
    ],
    # Two versions of a line in one delivery, the second counts.
    "2024-01-28": [line("d9", "cara", "2024-01-28 10:00:00"), line("d9", "cara", "2024-01-28 10:00:00", 2)],
    # It is cancelled the day after: no purchase day is left of it.
    "2024-01-29": [line("d9", "cara", "2024-01-28 10:00:00", 2, cancelled_at="2024-01-29 09:00:00")],
    # Bought by the account that a link joins to anna.
    "2024-01-31": [line("d10", "aaron", "2024-01-31 10:00:00", 1, "4.5", product_id="cup")],
    "2024-02-02": [
        line("d11", "anna", "2024-02-02 10:00:00", 1, 11),
        line("d12", "bob", "2024-02-02 10:00:00", product_id="mug"),
    ],
}
EVENTS: dict[str, list[Row]] = {
    "2024-01-18": [
        # A pause of a second less than 30 minutes goes on, one of 30 minutes begins a session.
        event("e1", "anna", "view", "2024-01-18 10:00:00", product_id="tea"),
        event("e2", "anna", "view", "2024-01-18 10:29:59", product_id="tea"),
        event("e3", "anna", "cart", "2024-01-18 10:59:59", product_id="tea"),
        # Seen without doing anything: no session.
        event("e4", "anna", "impression", "2024-01-18 15:00:00", product_id="tea"),
        event("e5", "anna", "search", "2024-01-18 11:05:00", query=f"tea for {EMAIL} or {PHONE} 杯子13800138000"),
        # Nobody, and nothing known.
        event("e6", "", "view", "2024-01-18 12:00:00"),
        event("e7", "anna", "stare", "2024-01-18 12:00:00"),
    ],
    # Seven days after the first delivery (dropped), and eight (kept).
    "2024-01-25": [event("e1", "anna", "view", "2024-01-18 10:00:00", product_id="tea")],
    "2024-01-26": [
        event("e2", "anna", "view", "2024-01-18 10:29:59", product_id="tea"),
        event("e8", "erin", "favorite", "2024-01-26 10:00:00", product_id="cup"),
        event("e8", "erin", "favorite", "2024-01-26 10:00:00", product_id="cup"),
    ],
}
CUSTOMERS: dict[str, list[Row]] = {
    "history": [
        {"customer_id": "anna", "registered_at": "2023-06-01", "gender": "F", "birth_year": 1990, "region": "Hangzhou",
         "email": EMAIL, "phone": PHONE, "known_on": "2024-01-01"},
        {"customer_id": "bob", "registered_at": "2024-01-07", "birth_year": 2010, "known_on": "2024-01-07"},
        {"customer_id": "cara", "birth_year": 1800, "known_on": "2024-01-08"},
        {"customer_id": "cara", "region": "Beijing", "known_on": "2024-01-08"},
        {"customer_id": "dora", "known_on": "2024-01-08"},
        {"customer_id": "erin", "known_on": "2024-01-08"},
        {"customer_id": "aaron", "known_on": "2024-01-16"},
    ],
    # anna moves; bob is told again as he was.
    "2024-01-24": [
        {"customer_id": "anna", "registered_at": "2023-06-01", "gender": "F", "birth_year": 1990, "region": "Shanghai",
         "email": EMAIL, "phone": PHONE},
        {"customer_id": "bob", "registered_at": "2024-01-07", "birth_year": 2010},
    ],
}  # fmt: skip
PRODUCTS: dict[str, list[Row]] = {
    "history": [
        {"product_id": "tea", "title": "Green tea", "category": "drinks", "price": 10, "known_on": "2024-01-01"},
        {"product_id": "cup", "title": "Cup", "category": "ware", "price": 30, "known_on": "2024-01-01"},
        {"product_id": "pot", "title": "Pot", "category": "ware", "price": -1, "known_on": "2024-01-01"},
        {"product_id": "post", "known_on": "2024-01-01"},
        {"product_id": "fee", "known_on": "2024-01-01"},
    ],
    # From then on tea and cups are one category.
    "2024-01-30": [{"product_id": "cup", "title": "Cup", "category": "drinks", "price": 30}],
}
LINKS: dict[str, list[Row]] = {
    "history": [
        # The desk's own phone names nobody: more accounts than a person has.
        *(
            {"customer_id": name, "key_type": "phone", "key_value": "0571-87654321", "known_on": "2024-01-08"}
            for name in ("anna", "bob", "cara", "dora", "erin", "aaron")
        ),
        {"customer_id": "anna", "key_type": "phone", "key_value": PHONE, "known_on": "2024-01-02"},
    ],
    # aaron has anna's phone in another spelling: one person, whose id stays anna though aaron comes first in the alphabet.
    "2024-01-23": [{"customer_id": "aaron", "key_type": "phone", "key_value": "13800138000"}],
    # Told only after week 29 January: cara and dora are one.
    "2024-01-30": [
        {"customer_id": "cara", "key_type": "email", "key_value": "Cara@Example.com "},
        {"customer_id": "dora", "key_type": "email", "key_value": "cara@example.com"},
    ],
}

FACTS = ("orders", "events")
CHANGES = ("customers", "products", "links")
DAILY = [*(f"{stage}/{name}" for stage in ("raw", "clean") for name in (*CHANGES, *FACTS)), "features/customer_days"]
WEEKLY = ["features/customers", "features/identities"]


def days(first: date = FIRST, last: date = LAST) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def write_rows(path: Path, columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns))
        writer.writeheader()
        writer.writerows(rows)


def write_store(folder: Path, text: str, **sql: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "store.yaml").write_text(text, encoding="utf-8")
    for name, select in sql.items():
        (folder / f"{name}.sql").write_text(select, encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Bench:
    """A shop in a folder of its own, with a home beside it: deliver, run, look."""

    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / "tea_house"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def place(self) -> Path:
        return self.home / self.store.name

    @property
    def shop(self) -> Shop:
        return load_shop(str(self.store))

    def warehouse(self, **settings: Any) -> Warehouse:
        return Warehouse(store=str(self.store), home=str(self.home), **settings)

    def copy(self, folder: Path) -> "Bench":
        """The same shop with the same past, free to be spoilt; its published pointer stays a link."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True, symlinks=True)
        return Bench(folder)

    def file(self, table: str, day: str) -> Path:
        return self.store / table / f"{day}.csv"

    def deliver(self, table: str, day: str, *rows: Row) -> None:
        """The delivery of a table on a day; `history` for the past."""
        path = self.store / "history" / f"{table}.csv" if day == "history" else self.file(table, day)
        write_rows(path, COLUMNS[table], rows)

    def add(self, table: str, day: str, *rows: Row) -> None:
        """Rows at the end of a delivery that was written before."""
        with self.file(table, day).open("a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, COLUMNS[table]).writerows(rows)

    def assets(self) -> list[dg.AssetsDefinition]:
        calendar = Calendar.of(self.shop)
        return [*raw(calendar), *clean(calendar), *features(calendar)]

    def run(
        self, *selection: str, first: "date | str | None" = None, last: "date | str | None" = None, **settings: Any
    ) -> dg.ExecuteInProcessResult:
        """Runs assets for a range of partitions in one run; failures come back in the result."""
        tags = {}
        if first:
            tags = {
                "dagster/asset_partition_range_start": str(first),
                "dagster/asset_partition_range_end": str(last or first),
            }
        return dg.materialize(
            settings.pop("assets", None) or self.assets(),
            selection=list(selection),
            tags=tags,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            instance=settings.pop("instance", None) or in_memory(),
            resources={"warehouse": self.warehouse(**settings)},
            raise_on_error=False,
        )

    def run_days(self, first: "date | str" = FIRST, last: "date | str | None" = LAST) -> dg.ExecuteInProcessResult:
        return self.run(*DAILY, first=first, last=last)

    def run_weeks(self, first: "date | str" = WEEKS[0], last: "date | str | None" = None) -> dg.ExecuteInProcessResult:
        return self.run(*WEEKLY, first=first, last=last or WEEKS[-1])

    def query(self, sql: str, parameters: "list[object] | None" = None) -> list[tuple[Any, ...]]:
        """Looks into the warehouse between runs."""
        with duckdb.connect(str(self.place / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql, parameters).fetchall()

    def rows(self, table: str, where: str = "true") -> list[Row]:
        """All columns of a table's rows, in the order of all columns."""
        with duckdb.connect(str(self.place / "warehouse.duckdb"), read_only=True) as connection:
            cursor = connection.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY ALL")
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def windows(self, where: str = "true") -> list[tuple[Any, ...]]:
        """What ops.windows says of the content of partitions; run ids differ from run to run."""
        return self.query(
            f"SELECT table_name, partition_key, row_count, sequence, is_stale FROM ops.windows WHERE {where} ORDER BY ALL"
        )


def open_tea_house(folder: Path) -> Bench:
    """The shop with all of its deliveries, before anything was run."""
    bench = Bench(folder)
    write_store(bench.store, STORE, orders=ORDERS_SQL)
    for table, dated in (("events", EVENTS), ("customers", CUSTOMERS), ("products", PRODUCTS), ("links", LINKS)):
        for day, rows in dated.items():
            bench.deliver(table, day, *rows)
    for day in days(date(2024, 1, 18)):
        bench.deliver("orders", day.isoformat(), *ORDERS.get(day.isoformat(), []))
    bench.deliver("events", FIRST.isoformat())
    _write_history(bench)
    return bench


def _write_history(bench: Bench) -> None:
    """The past as Parquet with types of its own, where the days are text."""
    bench.deliver("orders", "history", *HISTORY)
    path = bench.store / "history" / "orders"
    duckdb.sql(
        f"COPY (SELECT * FROM read_csv('{path}.csv', types = {{'unit_price': 'DECIMAL(18,4)', 'discount': 'DECIMAL(18,4)', "
        f"'quantity': 'BIGINT', 'ordered_at': 'TIMESTAMP', 'cancelled_at': 'TIMESTAMP', 'currency': 'VARCHAR', "
        f"'line_type': 'VARCHAR'}})) TO '{path}.parquet'"
    )
    path.with_suffix(".csv").unlink()


def failures(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    """The failed checks of a run: name to metadata as plain values, and what they say as `description`."""
    return {
        f"{check.asset_key.to_user_string()}:{check.check_name}": {
            **{name: plain(value) for name, value in check.metadata.items()},
            "description": check.description,
        }
        for check in result.get_asset_check_evaluations()
        if not check.passed
    }


def plain(value: dg.MetadataValue[Any]) -> Any:
    """A value of metadata; of a table its rows, and where it says one thing of each partition, that by partition."""
    if not isinstance(value, dg.TableMetadataValue):
        return value.value
    rows = [dict(record.data) for record in value.records]
    if set(rows[0]) == {"partition", "waits_for"}:
        return {row["partition"]: str(row["waits_for"]).split(", ") for row in rows}
    if set(rows[0]) == {"partition", "value"}:
        return {row["partition"]: row["value"] for row in rows}
    return rows


def complaint(result: dg.ExecuteInProcessResult) -> str:
    """What the failed steps of a run say."""
    texts = []
    for found in result.all_events:
        if found.is_step_failure:
            data = found.step_failure_data
            texts.append(data.user_failure_data.description if data.user_failure_data else str(data.error))
        elif found.is_failure and found.job_failure_data.error:
            texts.append(str(found.job_failure_data.error))
    return "\n".join(text or "" for text in texts)
