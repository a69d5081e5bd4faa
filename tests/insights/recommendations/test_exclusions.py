"""What is on nobody's list of new products: what was bought however long ago, and what was withdrawn the day before."""

import shutil
from datetime import timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from tests.insights.demo_bench import NEWEST, WEEKS, Demo

HISTORY, BEFORE = 5, WEEKS[-2]
TABLES = ("insights/segments", "insights/recommendations")
BOUGHT = f"""
    SELECT coalesce(i.person_id, o.customer_id) AS person_id, o.product_id
    FROM clean.orders AS o LEFT JOIN features.identities AS i ON i.as_of = '{NEWEST}' AND i.customer_id = o.customer_id
    WHERE o.known_on < '{NEWEST}' AND o.customer_id IS NOT NULL AND o.quantity > 0 AND o.cancelled_at IS NULL
    GROUP BY ALL HAVING sum(o.sign) > 0
"""


@pytest.fixture(scope="module")
def run(dailies: Demo, tmp_path_factory: pytest.TempPathFactory) -> tuple[Demo, dg.ExecuteInProcessResult]:
    """A shop that looks at the latest five products of a customer, where most customers bought more."""
    demo = dailies.copy(tmp_path_factory.mktemp("forgetful"))
    with (demo.bench.store / "store.yaml").open("a", encoding="utf-8") as store:
        store.write(f"recommendations: {{history: {HISTORY}}}\n")
    return demo, demo.weeks(BEFORE, tables=TABLES)


@pytest.fixture(scope="module")
def forgetful(run: tuple[Demo, dg.ExecuteInProcessResult]) -> Demo:
    return run[0]


def test_what_was_bought_before_the_history_looked_at_is_not_new(
    run: tuple[Demo, dg.ExecuteInProcessResult], forgetful: Demo
) -> None:
    more = f"SELECT count(*) FROM (SELECT person_id FROM ({BOUGHT}) GROUP BY 1 HAVING count(*) > {HISTORY})"
    assert forgetful.query(more)[0][0] > 100, "few customers bought more than is looked at: the test shows nothing"
    shown = f"""
        SELECT count(*), count(b.product_id)
        FROM insights.recommendations AS r LEFT JOIN ({BOUGHT}) AS b USING (person_id, product_id)
        WHERE r.as_of = '{NEWEST}' AND r.list = 'discover'
    """
    rows, old = forgetful.query(shown)[0]
    assert rows > 1000
    assert old == 0
    checks = [c for c in run[1].get_asset_check_evaluations() if c.check_name == "new_products_are_new_to_the_customer"]
    assert checks
    assert all(check.passed for check in checks)


def test_a_list_is_made_from_the_latest_products(forgetful: Demo) -> None:
    """However many a customer bought, the reasons of its list are no more products than are looked at."""
    reasons = f"""
        SELECT count(DISTINCT reason) FROM (
            SELECT person_id, unnest(because_of) AS reason FROM insights.recommendations WHERE list = 'discover' AND as_of = '{NEWEST}'
        ) GROUP BY person_id
    """
    counts = [count for (count,) in forgetful.query(reasons)]
    assert len(counts) > 100
    assert max(counts) <= HISTORY


def test_what_was_withdrawn_on_the_last_known_day_is_in_nobodys_list(
    forgetful: Demo, demo_source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sunday's delivery tells of it: Monday's lists are without it, those of the Monday before have it still."""
    demo, sunday = forgetful.copy(tmp_path / "shop"), NEWEST - timedelta(days=1)
    best = f"""
        SELECT product_id FROM insights.recommendations WHERE list = 'discover' AND as_of IN ('{BEFORE}', '{NEWEST}')
        GROUP BY 1 HAVING count(DISTINCT as_of) = 2 ORDER BY count(*) DESC, 1 LIMIT 1
    """
    ((product,),) = demo.query(best)
    lists = f"SELECT as_of, count(*) FROM insights.recommendations WHERE product_id = '{product}' GROUP BY 1 ORDER BY 1"
    (_, earlier), (_, _) = demo.query(lists)

    source = shutil.copytree(demo_source / "source", tmp_path / "source")
    monkeypatch.setenv("ZHIKE_DEMO", str(source))
    file = source / "days" / sunday.isoformat() / "products.parquet"
    told = duckdb.read_parquet(str(file)).df()
    goods = duckdb.read_parquet(str(source / "history" / "products.parquet")).df()
    goods = goods[goods["product_id"] == product].tail(1).assign(in_stock=False, known_on=sunday)
    told = told[told["product_id"] != product]
    duckdb.sql(f"COPY (SELECT * FROM told UNION ALL BY NAME SELECT * FROM goods) TO '{tmp_path}/products.parquet'")
    shutil.move(tmp_path / "products.parquet", file)
    demo.run("raw/products", "clean/products", first=sunday, last=sunday)
    assert demo.query(
        f"SELECT in_stock FROM clean.products WHERE product_id = '{product}' AND known_on = '{sunday}'"
    ) == [(False,)]

    demo.weeks(BEFORE, tables=TABLES)
    assert demo.query(lists) == [(BEFORE, earlier)]
