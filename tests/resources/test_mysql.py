"""A query of MySQL as a source: read exactly, never written, and its secret is nowhere. The test starts a server of its own."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.onboarding.check import check_store
from tests.resources.test_databases import SECRET, assert_secret_is_nowhere, run
from tests.resources.test_databases import STORE as ANY_STORE
from tests.shop_builder import Bench, write_store

STORE = ANY_STORE.replace("postgres", "mysql")
INSTALL = shutil.which("mariadb-install-db")
SERVER = next((found for found in map(shutil.which, ("mariadbd", "/usr/sbin/mariadbd")) if found), None)
QUERY = "SELECT order_id, line_no, customer_id, product_id, quantity, unit_price, ordered_at, paid_at FROM sales -- all of them"
ROWS = f"""
CREATE DATABASE shop CHARACTER SET utf8mb4;
CREATE USER shop@localhost IDENTIFIED BY '{SECRET}';
GRANT ALL ON shop.* TO shop@localhost;
CREATE TABLE shop.sales (order_id varchar(40), line_no int, customer_id bigint unsigned, product_id varchar(20), quantity bigint,
    unit_price decimal(30, 10), ordered_at timestamp(6) NULL, paid_at datetime NULL);
SET time_zone = '+08:00', sql_mode = '';
INSERT INTO shop.sales VALUES
    ('00123', 1, 18446744073709551615, 'tea', 2, 1234567.8901, '2024-01-06 07:30:00', '2024-01-06 09:00'),
    ('00123', 2, 18446744073709551615, '茶', -1, 0.1, '2024-01-06 07:30:00.123456', NULL),
    ('00124', 1, NULL, 'tea', 1, 12345678901234567890, '2024-01-08 01:00:00', NULL),
    ('00125', 1, 9007199254740993, 'tea', 1, 5, '2024-01-08 01:00:00', '0000-00-00');
CREATE TABLE shop.people (id bigint unsigned, city varchar(40));
INSERT INTO shop.people VALUES (18446744073709551615, 'Hangzhou');
CREATE SEQUENCE shop.numbers;
"""


@pytest.fixture(scope="module")
def socket() -> Iterator[Path]:
    """The socket of a server that this test starts."""
    pytest.importorskip("pymysql", reason="the driver of MySQL is not installed (extra `mysql`)")
    if INSTALL is None or SERVER is None:
        pytest.skip("no MariaDB server is installed: mariadbd (Debian's package mariadb-server)")
    folder = Path(tempfile.mkdtemp(prefix="zhike-mysql-"))
    as_user = ["--user=nobody"] if os.getuid() == 0 else []
    if as_user:
        shutil.chown(folder, "nobody", "nogroup")
    data, path = f"--datadir={folder / 'data'}", folder / "socket"
    made = [INSTALL, "--no-defaults", *as_user, data, "--skip-test-db", "--auth-root-authentication-method=normal"]
    subprocess.run(made, check=True, capture_output=True, timeout=120)
    quick = ["--skip-networking", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [SERVER, "--no-defaults", *as_user, data, f"--socket={path}", f"--pid-file={folder / 'pid'}", *quick],
            stdout=log,
            stderr=log,
        )
    try:
        wait_until_there(path, server)
        execute(path, ROWS)
        yield path
    finally:
        server.kill()
        server.wait(30)
        shutil.rmtree(folder)


def wait_until_there(path: Path, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if path.exists():
            return
        assert server.poll() is None, (path.parent / "log").read_text()
        time.sleep(0.1)


def execute(path: Path, statements: str) -> None:
    import pymysql

    with pymysql.connect(unix_socket=str(path), user="root", autocommit=True) as database, database.cursor() as cursor:
        for statement in statements.strip().rstrip(";").split(";\n"):
            cursor.execute(statement)


@pytest.fixture
def shop(socket: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Bench]:
    def made(
        query: str = QUERY, address: str | None = f"mysql://shop:{SECRET}@localhost/shop?unix_socket={socket}"
    ) -> Bench:
        bench = Bench(tmp_path)
        write_store(bench.store, STORE.format(query=query))
        monkeypatch.delenv("TEST_SHOP_DSN", raising=False)
        if address is not None:
            monkeypatch.setenv("TEST_SHOP_DSN", address)
        return bench

    return made


def test_rows_are_read_exactly_and_what_the_contract_cannot_carry_is_in_quarantine(shop: Callable[..., Bench]) -> None:
    bench = shop()
    ran = run(bench, "customers", "orders")
    assert ran.code == 0, ran.out + ran.err
    assert_secret_is_nowhere(bench, ran)
    columns = "order_id, line_no, customer_id, product_id, quantity"
    texts = ", ".join(f"CAST({name} AS VARCHAR)" for name in ("unit_price", "ordered_at", "paid_at"))
    account = "18446744073709551615"
    # A TIMESTAMP is an instant, a DATETIME the shop's wall time.
    assert bench.query(f"SELECT {columns}, {texts} FROM clean.orders ORDER BY order_id, line_no") == [
        ("00123", "1", account, "tea", 2, "1234567.8901", "2024-01-05 23:30:00", "2024-01-06 01:00:00"),
        ("00123", "2", account, "茶", -1, "0.1000", "2024-01-05 23:30:00.123456", None),
    ]
    assert bench.query("SELECT reason FROM clean.quarantine WHERE source_table = 'orders' ORDER BY row_no") == [
        ("unit_price cannot be read as DECIMAL(18,4)",),
        ("paid_at cannot be read as TIMESTAMP",),
    ]
    assert bench.query("SELECT customer_id, region FROM clean.customers") == [(account, "Hangzhou")]


def test_many_rows_come_batch_by_batch(shop: Callable[..., Bench]) -> None:
    bench = shop(
        "SELECT seq AS order_id, 1 AS line_no, 'tea' AS product_id, 1 AS quantity, '2024-01-05' AS ordered_at FROM seq_1_to_25000"
    )
    assert run(bench, "customers", "orders").code == 0
    assert bench.query("SELECT count(DISTINCT order_id) FROM raw.orders") == [(25_000,)]


@pytest.mark.parametrize(
    ("changed", "what", "remedy"),
    [
        ({"address": None}, "address is not set", "export TEST_SHOP_DSN=mysql://"),
        ({"address": f"mysql://shop:{SECRET}@localhost/shop?unix_socket=/nowhere"}, "cannot be reached", "mysql://user"),
        ({"address": f"mysql://shop:{SECRET}@localhost:port/shop"}, "cannot be reached", "mysql://user"),
        ({"address": f"{SECRET} and more"}, "cannot be reached", "mysql://user"),
        ({"query": "SELECT nothing FROM sales"}, "Unknown column 'nothing'", "`query`"),
        ({"query": "SELECT 1 AS order_id) AS a; DROP TABLE sales; SELECT 1 FROM (SELECT 1"}, "syntax", "`query`"),
        ({"query": "SELECT NEXT VALUE FOR numbers AS order_id"}, "READ ONLY transaction", "`query`"),
        ({"query": "SELECT exp(9999 * line_no) AS order_id FROM sales"}, "gave up", "in mysql"),
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
