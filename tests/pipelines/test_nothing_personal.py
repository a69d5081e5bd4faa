"""Values of people planted wherever a shop may hand them over are in no table, no log and no error text."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.onboarding.check import check_store
from pipelines.runs import instance_of
from resources.errors import ZhikeError
from resources.home import Home, open_home
from resources.privacy import account_id
from resources.snapshot import HISTORY
from tests.pipelines.corner import zhike
from tests.shop_builder import COLUMNS, STORE, Bench, complaint, event, failures, line, write_rows, write_store

MOBILE, WIDE, IDENTITY, CARD = "13955505678", "１３９５５５０５６７８", "110101199003074514", "6222021234567890128"
EMAIL, WECHAT, LANDLINE, SPACED = "zhang.san@example.com", "chayuan_88", "057187654321", "139 5550 5678"
PLANTED = (MOBILE, WIDE, IDENTITY, CARD, EMAIL, WECHAT, LANDLINE, SPACED, "planted@example.com", "13700137000")
SENTENCE = f"电话{MOBILE}或{WIDE}，{SPACED}，身份证{IDENTITY}，卡{CARD}，{EMAIL}，微信号{WECHAT}，座机{LANDLINE}"
# What no rule can tell: only errors, which quote rows at random, keep these out.
NAME, STREET = "欧阳阿尔法", "文三路987号"

MORE = """
  notes: {path: reviews.csv}
  entries: {path: answers.csv}
  talks: {path: messages.csv}
tables:
  reviews: SELECT * FROM notes
  answers: SELECT * FROM entries
  messages: SELECT * FROM talks
"""
ACCOUNT = "Planted@Example.com"
DAY = "2024-01-18"
# What reads texts, ids or what is told of customers.
READS = (
    "clean/reviews", "features/customer_days", "features/customers", "features/identities", "insights/review_scores",
    "insights/aspect_trends", "insights/product_satisfaction", "insights/customer_opinions", "insights/profiles",
    "insights/recommendation_feedback", "insights/message_intents", "insights/contact_reasons", "insights/service_quality", "insights/contacts",
    "insights/unanswered_questions", "insights/answer_use", "outreach/snapshot", "outreach/report",
)  # fmt: skip
RAW = ("orders", "events", "reviews", "messages", "customers", "products", "links", "answers")


@pytest.fixture(scope="module")
def planted(delivered: Bench, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    bench = delivered.copy(tmp_path_factory.mktemp("planted"))
    write_store(bench.store, STORE.replace("\ntables:\n", MORE).replace("end: 2024-02-04", "end: 2024-01-19"))
    orders = [
        line("a1", ACCOUNT, f"{DAY} 09:00:00"),
        line("a2", "137 0013 7000", f"{DAY} 09:00:00"),
        line("a3", IDENTITY, f"{DAY} 09:00:00"),
        line(MOBILE, "anna", f"{DAY} 09:00:00"),
        # Shifted columns: each value stands where another should.
        line("s1", "anna", EMAIL, MOBILE, SPACED, channel=SENTENCE, line_type=MOBILE, currency=EMAIL),
        line("s2", "anna", MOBILE, EMAIL, IDENTITY, discount=CARD, cancelled_at=WIDE, product_id=EMAIL),
    ]
    bench.deliver("orders", DAY, *orders)
    bench.deliver("orders", "2024-01-19")
    bench.deliver(
        "events",
        DAY,
        event("e1", ACCOUNT, "search", f"{DAY} 10:00:00", query=SENTENCE),
        event(EMAIL, "anna", MOBILE, SENTENCE),
    )
    bench.deliver(
        "customers",
        "2024-01-19",
        {
            "customer_id": ACCOUNT,
            "email": EMAIL,
            "phone": WIDE,
            "region": SENTENCE,
            "occupation": EMAIL,
            "birth_year": MOBILE,
        },
        {"customer_id": "13700137000"},
        {"customer_id": IDENTITY},
    )
    bench.deliver("links", "2024-01-19", {"customer_id": ACCOUNT, "key_type": f"tel {MOBILE}", "key_value": SPACED})
    bench.deliver(
        "products", "2024-01-19", {"product_id": "tea", "title": f"Tea, {SENTENCE}", "category": EMAIL, "price": MOBILE}
    )
    review = {
        "review_id": "v1",
        "customer_id": ACCOUNT,
        "text": SENTENCE,
        "rating": MOBILE,
        "reviewed_at": f"{DAY} 12:00:00",
    }
    # Of a complaint the snapshot quotes clauses.
    blame = {"review_id": "v2", "product_id": "tea", "rating": 1, "text": f"物流太慢了{SENTENCE}，客服态度差{MOBILE}"}
    write_rows(bench.store / "reviews.csv", COLUMNS["reviews"], [review, review | blame])
    answer = {
        "answer_id": "n1",
        "intent": "contact",
        "question": SENTENCE,
        "answer": f"write to {EMAIL}",
        "known_on": "2024-01-01",
    }
    write_rows(bench.store / "answers.csv", list(answer), [answer])
    # Asked in two conversations and answered by nothing, a question is drafted for the editor with what a person replied.
    said = [
        {
            "message_id": f"{sender}{number}",
            "conversation_id": f"talk{number}",
            "customer_id": ACCOUNT,
            "sender": sender,
            "text": f"杯子上面可以刻字或者印上我家孩子的名字吗？请回复{EMAIL}或{MOBILE}",
            "sent_at": f"{DAY} 1{number}:0{minute}:00",
            "channel": "app",
        }
        for number in (1, 2)
        for minute, sender in enumerate(("customer", "agent"))
    ]
    write_rows(bench.store / "messages.csv", list(said[0]), said)
    return bench


def run(bench: Bench, *selection: str, days: bool = True) -> Any:
    """Runs assets with the shop's own Dagster storage."""
    place = open_home(bench.shop, bench.home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(place.dagster))
        with instance_of(place) as instance:
            dates = {"first": "2024-01-17", "last": "2024-01-19"} if days else {}
            return bench.run(*selection, instance=instance, **dates)


@pytest.fixture(scope="module")
def booked(planted: Bench) -> Bench:
    """The planted shop after raw and clean of all its tables."""
    for stage in ("raw", "clean"):
        run(planted, *(f"{stage}/{name}" for name in ("customers", "products", "links", "answers")), days=False)
        run(planted, *(f"{stage}/{name}" for name in ("orders", "events", "reviews", "messages")))
    return planted


def everything(bench: Bench) -> str:
    tables = bench.query("SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE NOT temporary")
    return "\n".join(f"{table} {row}" for (table,) in tables for row in bench.rows(table))


def found_in(content: str) -> list[str]:
    return [value for value in PLANTED if value.casefold() in content.casefold()]


def test_no_text_column_of_the_warehouse_holds_a_planted_value(booked: Bench) -> None:
    content = everything(booked)
    for name in RAW:
        assert booked.query(f"SELECT count(*) FROM raw.{name}") > [(0,)], name
    assert booked.query("SELECT count(*) FROM clean.quarantine")[0][0] >= 5
    assert "微信号***" in content
    assert found_in(content) == []


def test_no_file_of_the_home_holds_a_planted_value(booked: Bench) -> None:
    """Dagster's storage, its logs, the free blocks of the warehouse."""
    files = [path for path in booked.place.rglob("*") if path.is_file()]
    assert any(path.name.endswith(".db") for path in files)
    for path in files:
        content = path.read_bytes().lower()
        assert not [value for value in PLANTED if value.lower().encode() in content], path


@pytest.fixture(scope="module")
def published(booked: Bench, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, str]:
    """The planted shop after a run of what reads it, and all that commands say of it. Not to be changed."""
    bench = booked.copy(tmp_path_factory.mktemp("published"))
    # What needs no fit scores the two reviews of this shop too.
    with (bench.store / "store.yaml").open("a", encoding="utf-8") as file:
        file.write("settings: {sentiment_engine: snownlp}\n")
    store = ["--store", str(bench.store)]
    said = [
        zhike(bench, *words)
        for words in (
            ["run", *store, *(word for name in READS for word in ("--select", name))],
            ["check", str(bench.store)],
            ["check", str(bench.store), "--json"],
            ["status", *store, "--json"],
            ["customer", "anna", *store, "--json"],
            ["customer", ACCOUNT, *store],
            ["recommend", "anna", *store],
        )
    ]
    return bench, "\n".join(each.out + each.err for each in said)


def test_no_table_of_any_stage_holds_a_planted_value(published: tuple[Bench, str]) -> None:
    bench, _ = published
    content = everything(bench)
    assert "insights.review_scores" in content
    assert "***" in content
    assert found_in(content) == []


def test_the_snapshot_holds_no_planted_value(published: tuple[Bench, str]) -> None:
    """Its files are compressed, so they are read as their readers do."""
    bench, _ = published
    current = bench.place / "snapshot" / "current"
    with duckdb.connect(str(current / "zhike.duckdb"), read_only=True) as snapshot:
        named = "SELECT schema_name || '.' || table_name FROM duckdb_tables()"
        tables = [name for (name,) in snapshot.execute(named).fetchall()]
        rows = [str(snapshot.execute(f"FROM {name}").fetchall()) for name in tables]
        rows += [str(snapshot.execute(f"FROM '{path}'").fetchall()) for path in current.glob("*.parquet")]
    assert {"features.customers", "insights.aspect_trends"} <= set(tables)
    assert len(rows) == 2 * len(tables)
    assert any("物流太慢了" in each for each in rows), "the complaint is quoted"
    assert any("可以刻字" in each for each in rows), "the question is drafted"
    with duckdb.connect(str(current / HISTORY), read_only=True) as history:
        kept = {name: history.execute(f"FROM {name}").fetchall() for name in ("events", "customers")}
    assert all(kept.values())
    assert found_in("\n".join([*rows, str(kept)])) == []
    (report,) = (bench.place / "reports").iterdir()
    assert found_in(report.read_text("utf-8")) == []


def test_no_file_after_all_stages_holds_a_planted_value(published: tuple[Bench, str]) -> None:
    """Dagster's events with the samples of checks, its logs, weights, what is left in the folder for spilling."""
    for path in (path for path in published[0].place.rglob("*") if path.is_file()):
        content = path.read_bytes().lower()
        assert not [value for value in PLANTED if value.lower().encode() in content], path


def test_no_command_says_a_planted_value(published: tuple[Bench, str]) -> None:
    _, said = published
    assert "is in no row of" in said or "rows" in said
    # The address that was asked for is repeated to who asked.
    assert [value for value in found_in(said) if value != ACCOUNT.casefold()] == []
    assert NAME not in said
    assert STREET not in said


def test_an_id_that_is_an_address_is_one_hash_in_every_table_and_found_by_what_the_shop_calls_it(booked: Bench) -> None:
    stored = account_id("planted@example.com", Home(booked.place).key)
    assert len(stored) == 64
    for table in ("raw.orders", "raw.events", "raw.reviews", "raw.customers", "raw.links", "clean.orders"):
        assert booked.query(f"SELECT count(*) FROM {table} WHERE customer_id = ?", [stored])[0][0] >= 1, table
    numbers = {account_id(typed, Home(booked.place).key) for typed in ("13700137000", "+86 137-0013-7000")}
    assert booked.query("SELECT customer_id FROM clean.orders WHERE order_id = 'a2'") == [(numbers.pop(),)]
    assert not numbers
    assert account_id("anna", Home(booked.place).key) == "anna"


def test_a_check_knows_a_customer_whose_id_is_an_address(booked: Bench) -> None:
    messages = [finding.message for finding in check_store(booked.shop) if finding.column == "customer_id"]
    assert messages
    assert not [message for message in messages if "is in no row of customers" in message]


def test_ids_of_products_and_of_orders_stay(booked: Bench) -> None:
    assert {row["product_id"] for row in booked.rows("raw.products")} >= {"tea", "cup", "pot"}
    assert booked.query("SELECT count(*) FROM raw.orders WHERE order_id IN ('a1', 'h1', 's1')") == [(4,)]


BROKEN = f'"{NAME}",{MOBILE},{EMAIL},{IDENTITY},{CARD},"{STREET}\n{NAME}",x,y,z,1,2,3,4,5\n'


@pytest.mark.parametrize(
    ("table", "spoil", "says"),
    [
        ("customers", lambda path: path.write_text(path.read_text("utf-8") + BROKEN, "utf-8"), "customers"),
        (
            "customers",
            lambda path: path.write_bytes(f"customer_id,region\n{NAME},{MOBILE} {STREET}\n".encode("gbk")),
            "UTF-8",
        ),
        (
            "links",
            lambda path: path.write_text(f'customer_id,key_type,key_value\n"{NAME},{MOBILE},{EMAIL}\n', "utf-8"),
            "links",
        ),
    ],
    ids=["ragged", "gbk", "quote"],
)
def test_a_broken_file_is_told_without_its_line(
    booked: Bench, tmp_path: Path, table: str, spoil: Any, says: str
) -> None:
    bench = booked.copy(tmp_path)
    spoil(bench.file(table, "2024-01-19"))
    result = run(bench, f"raw/{table}", days=False)
    for text in (complaint(result), str(check_store(bench.shop))):
        assert found_in(text) == []
        assert NAME not in text
        assert STREET not in text
    if not result.success:
        assert says in complaint(result)
    for path in Home(bench.place).dagster.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert not [value for value in (*PLANTED, NAME, STREET) if value.encode() in content], path


def test_a_value_that_a_mapping_cannot_convert_is_told_by_its_shape(booked: Bench, tmp_path: Path) -> None:
    bench = booked.copy(tmp_path)
    write_store(
        bench.store,
        (bench.store / "store.yaml")
        .read_text("utf-8")
        .replace("SELECT * FROM keys", "SELECT * REPLACE (CAST(customer_id AS INTEGER) AS customer_id) FROM keys"),
    )
    bench.deliver("links", "2024-01-19", {"customer_id": f"{NAME} {MOBILE}", "key_type": "phone", "key_value": MOBILE})
    said = failures(run(bench, "raw/links", days=False))["raw/links:every_file_could_be_read"]["problems"]
    assert "Could not convert string 'xxx" in said
    assert NAME not in said
    assert found_in(said) == []


def test_what_an_error_says_is_masked_and_its_path_leads_to_the_file() -> None:
    error = ZhikeError(f"no customer {EMAIL!r} with {SENTENCE}", f"/data/{MOBILE}/orders.csv", "check the id")
    assert found_in(error.what) == found_in(str(error).replace(error.where, "")) == []
    assert error.where == f"/data/{MOBILE}/orders.csv"
