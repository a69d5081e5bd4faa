"""A query of PostgreSQL as a source: read exactly, never written, and its secret is nowhere. The test starts a server of its own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.onboarding.check import check_store
from resources.errors import ZhikeError
from resources.shop import load_shop
from tests.pipelines.corner import Said, zhike
from tests.shop_builder import Bench, write_store

SECRET = "geheim-3141"
BINARIES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
STORE = """
name: {{zh: 数据库小店, en: Database shop}}
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-01
end: 2024-01-10
limits: {{quarantine_share: 1}}
sources:
  sales: {{postgres: {{dsn_env: TEST_SHOP_DSN}}, query: "{query}"}}
  people: {{postgres: {{dsn_env: TEST_SHOP_DSN}}, query: "SELECT id AS customer_id, city AS region FROM people"}}
tables:
  orders: SELECT * FROM sales
  customers: SELECT * FROM people
"""
QUERY = "SELECT order_id, line_no, customer_id, product_id, quantity, unit_price, ordered_at, paid_at FROM sales -- all of them"
ROWS = """
CREATE TABLE sales (order_id uuid, line_no int, customer_id bigint, product_id text, quantity bigint, unit_price numeric, ordered_at timestamptz, paid_at timestamp);
INSERT INTO sales VALUES
    ('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 1, 9007199254740993, 'tea', 2, 1234567.8901, '2024-01-05 23:30:00+00', '2024-01-06 09:00'),
    ('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 2, 9007199254740993, '茶', -1, 0.1, '2024-01-05 23:30:00.123456+00', NULL),
    ('B0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 1, NULL, 'tea', 1, 'NaN', '2024-01-07 12:00:00-05', 'infinity'),
    ('C0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 1, 9007199254740993, 'tea', 1, 5, '2024-01-07 12:00:00-05', NULL);
CREATE TABLE people (id bigint, city text);
INSERT INTO people VALUES (9007199254740993, 'Hangzhou');
CREATE SEQUENCE numbers;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server that this test starts, with a password."""
    pytest.importorskip("adbc_driver_postgresql", reason="the driver of PostgreSQL is not installed (extra `postgres`)")
    if BINARIES is None:
        pytest.skip("no PostgreSQL server is installed: /usr/lib/postgresql/*/bin (Debian's package postgresql)")
    # A server refuses to be root, and cannot enter pytest's own folder then.
    folder = Path(tempfile.mkdtemp(prefix="zhike-postgres-"))
    as_user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.getuid() == 0 else []
    if as_user:
        shutil.chown(folder, "nobody", "nogroup")
    (folder / "password").write_text(SECRET)
    (folder / "password").chmod(0o644)

    def call(*command: str) -> None:
        subprocess.run([*as_user, *command], cwd=folder, check=True, capture_output=True, timeout=60)

    data = str(folder / "data")
    control = str(BINARIES / "pg_ctl")
    call(
        str(BINARIES / "initdb"),
        "-D",
        data,
        "-U",
        "shop",
        "-E",
        "UTF8",
        "--no-locale",
        "--auth=scram-sha-256",
        "--pwfile=password",
    )
    call(
        control,
        "-D",
        data,
        "-w",
        "-l",
        str(folder / "log"),
        "-o",
        f"-k {folder} -c listen_addresses='' -c fsync=off",
        "start",
    )
    try:
        address = f"postgresql://shop:{SECRET}@/postgres?host={folder}"
        execute(address, ROWS)
        yield address
    finally:
        call(control, "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


def execute(address: str, statements: str) -> None:
    import adbc_driver_postgresql.dbapi as driver

    with driver.connect(address) as database, database.cursor() as cursor:
        for statement in statements.strip().split(";\n"):
            cursor.execute(statement)
        database.commit()


@pytest.fixture
def shop(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Bench]:
    def made(query: str = QUERY, address: str | None = server) -> Bench:
        bench = Bench(tmp_path)
        write_store(bench.store, STORE.format(query=query))
        monkeypatch.delenv("TEST_SHOP_DSN", raising=False)
        if address is not None:
            monkeypatch.setenv("TEST_SHOP_DSN", address)
        return bench

    return made


def run(bench: Bench, *tables: str) -> Said:
    steps = [f"--select={stage}/{table}" for stage in ("raw", "clean") for table in tables]
    return zhike(bench, "run", "--store", str(bench.store), *steps, "--json")


def assert_secret_is_nowhere(bench: Bench, ran: Said) -> None:
    assert SECRET not in ran.out + ran.err
    for path in bench.folder.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


def test_rows_are_read_exactly_and_what_the_contract_cannot_carry_is_in_quarantine(shop: Callable[..., Bench]) -> None:
    bench = shop()
    ran = run(bench, "customers", "orders")
    assert ran.code == 0, ran.out + ran.err
    assert_secret_is_nowhere(bench, ran)
    columns = "order_id, line_no, customer_id, product_id, quantity"
    texts = ", ".join(f"CAST({name} AS VARCHAR)" for name in ("unit_price", "ordered_at", "paid_at"))
    one, account = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "9007199254740993"
    assert bench.query(f"SELECT {columns}, {texts} FROM clean.orders ORDER BY order_id, line_no") == [
        (one, "1", account, "tea", 2, "1234567.8901", "2024-01-05 23:30:00", "2024-01-06 01:00:00"),
        (one, "2", account, "茶", -1, "0.1000", "2024-01-05 23:30:00.123456", None),
        (one.replace("a0ee", "c0ee"), "1", account, "tea", 1, "5.0000", "2024-01-07 17:00:00", None),
    ]
    assert bench.query("SELECT reason FROM clean.quarantine WHERE source_table = 'orders'") == [
        ("unit_price cannot be read as DECIMAL(18,4)",)
    ]


def test_a_change_in_the_database_is_read_by_the_next_run(shop: Callable[..., Bench], server: str) -> None:
    bench = shop()
    assert run(bench, "customers").code == 0
    execute(server, "UPDATE people SET city = 'Shanghai'")
    assert run(bench, "customers").code == 0
    assert bench.query("SELECT region FROM clean.customers") == [("Shanghai",)]


def test_a_check_says_what_fits(shop: Callable[..., Bench]) -> None:
    findings = check_store(shop().shop)
    assert [finding for finding in findings if finding.level == "error" and finding.column != "unit_price"] == []
    assert any("4 rows" in finding.message for finding in findings)


@pytest.mark.parametrize(
    ("changed", "what", "remedy"),
    [
        ({"address": None}, "address is not set", "export TEST_SHOP_DSN="),
        ({"address": f"postgresql://shop:{SECRET}@/postgres?host=/nowhere"}, "cannot be reached", "psql"),
        ({"address": f"{SECRET} and more"}, "cannot be reached", "psql"),
        ({"query": "SELECT nothing FROM sales"}, 'column "nothing" does not exist', "`query`"),
        ({"query": "SELECT 1 AS order_id) AS a; DROP TABLE sales; SELECT 1 FROM (SELECT 1"}, "multiple commands", "`query`"),
        ({"query": "SELECT nextval('numbers') AS order_id"}, "gave up while it gave the rows", "psql"),
        ({"query": "SELECT CAST(product_id AS int) AS order_id FROM sales"}, "gave up while it gave the rows", "psql"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_a_sentence_without_the_secret(
    changed: dict[str, str | None], what: str, remedy: str, shop: Callable[..., Bench]
) -> None:
    findings = check_store(shop(**changed).shop)
    told = next(finding.message for finding in findings if finding.level == "error")
    assert what in told
    assert remedy in told
    assert SECRET not in str(findings)
    assert "tea" not in str(findings).replace("tea_house", ""), "a value of a row is shown"


@pytest.mark.parametrize(
    "source",
    [
        "{path: a.csv, query: SELECT 1}",
        "{query: SELECT 1}",
        "{postgres: {dsn_env: X}}",
        "{postgres: {dsn: x}, query: SELECT 1}",
    ],
)
def test_a_source_is_either_files_or_a_query(source: str, tmp_path: Path) -> None:
    text = STORE.format(query=QUERY).replace("  people: {", f"  other: {source}\n  people: {{")
    write_store(tmp_path, text)
    with pytest.raises(ZhikeError, match=r"store\.yaml does not hold together"):
        load_shop(str(tmp_path))
