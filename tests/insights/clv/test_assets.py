"""insights.clv and insights.cohorts of a small shop: the same whichever weeks were run, adding up, and judged on what came later."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from assets.features.labels import labelled_customers
from assets.insights.clv.summaries import (
    prepare_days,
    prepare_summary,
)
from pipelines.definitions import build_assets
from resources.calendar import Calendar
from resources.registry import fit_dates
from resources.shop import STORES
from stores.demo.buyers import BgNbd
from stores.demo.generate import generate
from tests.shop_builder import Bench, write_store

FIRST, LAST = date(2025, 12, 31), date(2026, 1, 13)
TABLES = ("orders", "customers", "products", "links")
ASSETS = ("insights/clv", "insights/cohorts")
NEWEST, WEEKS = date(2026, 1, 12), [date(2026, 1, 12) - timedelta(days=7 * n) for n in range(3, -1, -1)]
STORE = f"""
name: {{zh: 演示商店, en: Demo shop}}
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-01
history_on: {FIRST}
end: {LAST}
sources:
"""


@dataclass(frozen=True)
class Demo:
    bench: Bench

    def run(self, *selection: str, first: date, last: date) -> dg.ExecuteInProcessResult:
        result = self.bench.run(*selection, first=first, last=last, assets=build_assets(Calendar.of(self.bench.shop)))
        assert result.success
        return result

    def weeks(self, first: date, last: date = NEWEST) -> dg.ExecuteInProcessResult:
        return self.run("features/identities", "features/customers", *ASSETS, first=first, last=last)

    def copy(self, folder: Path) -> "Demo":
        return Demo(self.bench.copy(folder))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.bench.query(sql)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("demo")
    generate(folder, seed=5, customers=500, days=14)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIKE_DEMO", str(folder / "source"))
        yield folder


@pytest.fixture(scope="module")
def dailies(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """All days, no week. Not to be changed."""
    bench = Bench(tmp_path_factory.mktemp("dailies"))
    text = STORE
    for table in TABLES:
        optional = "" if table == "orders" else ", optional: true"
        text += f"  {table}:\n    - {{path: '${{ZHIKE_DEMO}}/history/{table}.parquet', history: true}}\n"
        text += f"    - {{path: '${{ZHIKE_DEMO}}/days/{{date}}/{table}.parquet'{optional}}}\n"
    text += "tables: {" + ", ".join(f"{table}: {table}.sql" for table in TABLES) + "}\n"
    write_store(bench.store, text, **{name: (STORES / "demo" / f"{name}.sql").read_text("utf-8") for name in TABLES})
    demo = Demo(bench)
    stages = [f"{stage}/{table}" for stage in ("raw", "clean") for table in TABLES]
    demo.run(*stages, "features/customer_days", first=FIRST, last=LAST)
    return demo


@pytest.fixture(scope="module")
def backfill(dailies: Demo, tmp_path_factory: pytest.TempPathFactory) -> tuple[Demo, dg.ExecuteInProcessResult]:
    """All weeks in one range. Not to be changed."""
    demo = dailies.copy(tmp_path_factory.mktemp("backfill"))
    return demo, demo.weeks(WEEKS[0])


@pytest.fixture(scope="module")
def weeks(backfill: tuple[Demo, dg.ExecuteInProcessResult]) -> Demo:
    return backfill[0]


def notes(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    for event in result.get_asset_materialization_events():
        found = event.materialization
        if found.asset_key.to_user_string() == asset and "from" in found.metadata:
            return {name: value.value for name, value in found.metadata.items()}
    raise AssertionError(f"{asset} was not materialised")


def test_every_buyer_of_every_week_has_a_sound_value(weeks: Demo) -> None:
    buyers = "SELECT as_of, person_id FROM features.customers WHERE frequency > 0 ORDER BY ALL"
    assert weeks.query("SELECT as_of, person_id FROM insights.clv ORDER BY ALL") == weeks.query(buyers)
    assert weeks.query("SELECT DISTINCT as_of FROM insights.clv ORDER BY 1") == [(week,) for week in WEEKS]
    unsound = """
        SELECT count(*) FROM insights.clv WHERE NOT (
            p_alive BETWEEN 0 AND 1 AND isfinite(clv_high_12m) AND 0 < expected_order_value
            AND 0 <= expected_purchases_3m AND expected_purchases_3m <= expected_purchases_6m AND expected_purchases_6m <= expected_purchases_12m
            AND 0 <= clv_3m AND clv_3m <= clv_6m AND clv_6m <= clv_12m AND 0 <= clv_low_12m AND clv_low_12m <= clv_high_12m
            AND margin_share BETWEEN 0 AND 1)
    """
    assert weeks.query(unsound) == [(0,)]


def test_value_is_purchases_times_order_value_times_margin_discounted(weeks: Demo) -> None:
    """By 10 % a year: the purchases of a year are worth between 1/1.1 and all of their money."""
    ratio = "clv_12m / (expected_purchases_12m * expected_order_value * margin_share)"
    where = "WHERE clv_12m > 1"
    [(low, high, rows)] = weeks.query(f"SELECT min({ratio}), max({ratio}), count(*) FROM insights.clv {where}")
    assert rows > 100
    assert 1 / 1.1 < low < high < 1


def test_one_time_buyers_are_alive_the_less_the_longer_they_are_silent(weeks: Demo) -> None:
    rows = weeks.query(
        f"""
        SELECT c.recency_days, v.p_alive FROM insights.clv AS v JOIN features.customers AS c USING (as_of, person_id)
        WHERE as_of = '{NEWEST}' AND c.frequency = 1 ORDER BY c.recency_days
        """
    )
    chances = [chance for _, chance in rows]
    assert len(chances) > 20
    assert chances == sorted(chances, reverse=True)
    assert max(chances) < 1
    assert min(chances) < 0.5 * max(chances)


def test_margins_are_those_of_what_was_bought(weeks: Demo) -> None:
    """Together the customers' margins are the shop's: what was paid less what the pieces cost."""
    shop = f"""
        SELECT 1 - CAST(sum(o.sign * o.quantity * p.cost) / sum(o.sign * (o.quantity * o.unit_price - o.discount)) AS DOUBLE)
        FROM clean.orders AS o
        JOIN (SELECT product_id, arg_max(cost, known_on) AS cost FROM clean.products WHERE known_on < '{NEWEST}' GROUP BY ALL) AS p USING (product_id)
        WHERE o.known_on < '{NEWEST}' AND o.customer_id IS NOT NULL AND o.cancelled_at IS NULL AND o.line_type = 'product'
    """
    mine = f"""
        SELECT sum(v.margin_share * c.spend) / sum(c.spend)
        FROM insights.clv AS v JOIN features.customers AS c USING (as_of, person_id) WHERE as_of = '{NEWEST}'
    """
    assert weeks.query(mine)[0][0] == pytest.approx(weeks.query(shop)[0][0], abs=0.02)


def test_the_newest_week_alone_is_what_a_backfill_gives(weeks: Demo, dailies: Demo, tmp_path: Path) -> None:
    """A fresh home runs one week only: the fit it needs is made, earlier ones are not missed."""
    fresh = dailies.copy(tmp_path)
    fresh.weeks(NEWEST)
    for table in ("clv", "cohorts"):
        rows = weeks.bench.rows(f"insights.{table}", f"as_of = '{NEWEST}'")
        assert len(rows) > 100, table
        assert fresh.bench.rows(f"insights.{table}") == rows, table
    registry = "SELECT * FROM models.registry WHERE name = 'clv' AND fitted_as_of = '2026-01-05'"
    assert fresh.query(registry) == weeks.query(registry) != []
    # Earlier weeks afterwards change nothing either.
    fresh.weeks(WEEKS[0], WEEKS[0])
    for week in (WEEKS[0], NEWEST):
        where = f"as_of = '{week}'"
        assert fresh.bench.rows("insights.clv", where) == weeks.bench.rows("insights.clv", where), week


def test_fits_are_those_of_first_mondays_judged_on_the_days_after_their_cut_off(weeks: Demo) -> None:
    rows = weeks.query(
        "SELECT fitted_as_of, method, version, metrics, in_force FROM models.registry WHERE name = 'clv' ORDER BY 1"
    )
    assert [row[0] for row in rows] == fit_dates(date(2025, 12, 1), NEWEST)
    for day, method, _, text, _ in rows:
        metrics = json.loads(text)
        assert method in ("bgnbd", "mbgnbd")
        assert date.fromisoformat(metrics["cut_off"]) + timedelta(days=metrics["horizon_days"]) == day
        judged = {(row["target"], row["model"]) for row in metrics["holdout"]}
        assert {("purchases", "BG/NBD"), ("purchases", "MBG/NBD"), ("purchases", "naive: own rate")} <= judged
        assert {
            ("money", "boosted regression"),
            ("money", "ridge regression"),
            ("money", "cohort curve"),
            ("money", "naive: past total"),
        } <= judged
        assert {row["level"] for row in metrics["coverage"]} == {0.5, 0.8, 0.95}
        assert "MBG/NBD" in metrics["reason"]
    used = weeks.query("SELECT DISTINCT as_of, fitted_as_of, model_version FROM insights.clv ORDER BY ALL")
    in_force = {row[0]: row[2] for row in rows if row[4]}
    for week, fitted, version in used:
        assert fitted == max(day for day in in_force if day <= week)
        assert version == in_force[fitted]


def test_checks_show_the_hold_out_and_its_chart(backfill: tuple[Demo, dg.ExecuteInProcessResult]) -> None:
    found = {c.check_name: c for c in backfill[1].get_asset_check_evaluations() if c.asset_key.path[0] == "insights"}
    assert all(check.passed or check.severity == dg.AssetCheckSeverity.WARN for check in found.values())
    better = found["purchases_were_foretold_better_than_without_a_model"]
    assert better.passed
    assert better.metadata["values"].value[NEWEST.isoformat()] < 1
    assert "| naive: own rate |" in better.metadata["holdout"].value
    assert better.metadata["calibration"].value.startswith("![chart](data:image/png;base64,")
    assert "judged on the 245 days after it" in better.metadata["about"].value
    assert "| boosted regression |" in found["money_was_foretold_better_than_without_a_model"].metadata["holdout"].value
    gap = found["intervals_held_what_they_promise"].metadata["values"].value[NEWEST.isoformat()]
    assert abs(gap) < 0.1


def test_the_hold_out_counts_purchases_and_money_as_the_labels_do(weeks: Demo, tmp_path: Path) -> None:
    """Two ways to what came after a cut-off, persons merged, corrections reversed, returns netted: one answer."""
    cut_off, days = date(2025, 10, 13), 84
    with weeks.copy(tmp_path).bench.warehouse().opened() as warehouse:
        labelled = labelled_customers(warehouse, [cut_off], days, cut_off + timedelta(days=days))
        prepare_days(warehouse, [cut_off], days)
        prepare_summary(warehouse)
        summary = warehouse.connection.execute("SELECT * FROM summary ORDER BY person_id").df()
    assert summary["person_id"].tolist() == labelled["person_id"].tolist()
    assert (summary["frequency"] + 1).tolist() == labelled["frequency"].tolist()
    assert summary["spend"].tolist() == pytest.approx(labelled["spend"].astype(float).tolist())
    assert (summary["T"] + 1).tolist() == labelled["t_days"].tolist()
    for name in ("later_purchases", "later_spend"):
        assert summary[name].tolist() == pytest.approx(labelled[name].tolist()), name
    assert summary["later_purchases"].sum() > 50


def test_cohorts_add_up_to_the_customers_and_their_money(weeks: Demo) -> None:
    cohorts = "SELECT as_of, CAST(sum(customer_count) FILTER (WHERE months_since = 0) AS BIGINT), sum(revenue) FROM insights.cohorts GROUP BY 1 ORDER BY 1"
    customers = "SELECT as_of, count(*), sum(spend) FROM features.customers WHERE frequency > 0 GROUP BY 1 ORDER BY 1"
    assert weeks.query(cohorts) == weeks.query(customers)
    last = "SELECT sum(revenue_to_date) FROM (SELECT arg_max(revenue_to_date, months_since) AS revenue_to_date FROM insights.cohorts WHERE as_of = '2026-01-12' GROUP BY cohort_on)"
    assert weeks.query(last) == weeks.query(
        "SELECT sum(spend) FROM features.customers WHERE as_of = '2026-01-12' AND frequency > 0"
    )


def test_months_that_are_not_over_are_marked(weeks: Demo) -> None:
    rows = weeks.query(
        "SELECT DISTINCT as_of, cohort_on + to_months(months_since) AS month FROM insights.cohorts WHERE NOT is_complete ORDER BY ALL"
    )
    assert all(week.day != 1 for week in WEEKS)
    assert [(week, month.date()) for week, month in rows] == [(week, week.replace(day=1)) for week in WEEKS]
    # Every cohort has a row for each month since, also where nobody came back.
    gaps = "SELECT count(*) FROM (SELECT count(*) AS rows, max(months_since) AS last FROM insights.cohorts GROUP BY as_of, cohort_on) WHERE rows <> last + 1"
    assert weeks.query(gaps) == [(0,)]


def test_retention_by_hand(weeks: Demo) -> None:
    [(cohort, month, retained, count)] = weeks.query(
        f"SELECT cohort_on, CAST(cohort_on + to_months(months_since) AS DATE), active_count, customer_count FROM insights.cohorts "
        f"WHERE as_of = '{NEWEST}' AND months_since = 3 ORDER BY customer_count DESC, cohort_on LIMIT 1"
    )
    by_hand = f"""
        WITH days AS (
            SELECT coalesce(i.person_id, d.customer_id) AS person, d.active_on, sum(d.line_count) AS lines
            FROM features.customer_days AS d
            LEFT JOIN features.identities AS i ON i.customer_id = d.customer_id AND i.as_of = '{NEWEST}'
            WHERE d.known_on < '{NEWEST}' GROUP BY ALL HAVING lines > 0
        ), firsts AS (SELECT person, date_trunc('month', min(active_on)) AS first FROM days GROUP BY ALL)
        SELECT count(DISTINCT person) FILTER (WHERE date_trunc('month', active_on) = DATE '{month}'), count(DISTINCT person)
        FROM days JOIN firsts USING (person) WHERE first = DATE '{cohort}'
    """
    assert weeks.query(by_hand) == [(retained, count)]


def test_running_again_adds_nothing(weeks: Demo, tmp_path: Path) -> None:
    again = weeks.copy(tmp_path)
    result = again.weeks(WEEKS[-2])
    assert {notes(result, asset)["unchanged_partitions"] for asset in ASSETS} == {2}
    for table in ("models.registry", "insights.clv", "insights.cohorts"):
        assert again.bench.rows(table) == weeks.bench.rows(table)


def test_what_was_planted_comes_back(weeks: Demo) -> None:
    """Through dirt, corrections, returns and merged accounts: the purchase process that the demo shop was drawn from."""
    [(text,)] = weeks.query(
        "SELECT parameters FROM models.registry WHERE name = 'clv' ORDER BY fitted_as_of DESC LIMIT 1"
    )
    fit = json.loads(text)["purchases"]
    for name, planted in asdict(BgNbd()).items():
        assert abs(fit[name] - planted) < 3 * fit["standard_errors"][name], name


def test_p_alive_is_right_about_repeat_buyers(weeks: Demo, source: Path) -> None:
    """Against the truth, which no asset reads. Of one-time buyers it cannot be right here: in the planted process none leaves."""
    rows = weeks.query(
        f"""
        SELECT v.p_alive, t.alive_until IS NULL OR t.alive_until >= '{NEWEST}'
        FROM insights.clv AS v JOIN features.customers AS c USING (as_of, person_id)
        JOIN '{source / "truth" / "customers.parquet"}' AS t ON t.customer_id = v.person_id
        WHERE as_of = '{NEWEST}' AND c.frequency > 1
        """
    )
    chances, alive = (np.array(column) for column in zip(*rows, strict=True))
    assert len(rows) > 200
    assert chances.mean() == pytest.approx(alive.mean(), abs=0.06)
    assert roc_auc_score(alive, chances) > 0.8
