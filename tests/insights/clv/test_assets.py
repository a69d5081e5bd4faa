"""insights.clv and insights.cohorts of a small shop: the same whichever weeks were run, adding up, and judged on what came later."""

import json
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from assets.features.labels import labelled_customers
from assets.insights.clv.reads import customers_of
from benchmarks.coherence import contradictions
from resources.registry import QUARTERS, first_mondays
from stores.demo.buyers import BgNbd
from tests.insights.demo_bench import NEWEST, WEEKS, Demo


@pytest.fixture(scope="module")
def weeks(backfilled: Demo) -> Demo:
    return backfilled


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


def test_figures_of_a_person_agree_with_the_predictions(weeks: Demo) -> None:
    """What is expected within the horizon of the predictions is of one piece with the months before and after it."""
    rows = weeks.query(
        f"""
        SELECT p.p_purchase, p.expected_spend, v.margin_share, p.horizon_days, v.p_purchase_3m, v.p_purchase_12m, v.expected_purchases_3m,
            v.expected_order_value, v.clv_3m, v.clv_12m, v.p_alive
        FROM insights.clv AS v JOIN insights.predictions AS p USING (as_of, person_id) WHERE as_of = '{NEWEST}'
        """
    )
    assert len(rows) > 100
    for p, spend, margin, horizon, p_3m, p_12m, purchases_3m, order_value, value_3m, value_12m, p_alive in rows:
        assert p_3m <= purchases_3m and p_3m <= p_12m <= p_alive
        if horizon <= 91:
            assert p <= p_3m and spend * margin <= 1.03 * value_3m + 0.01
            # The purchases of the horizon, as the spend and the value of an order tell them.
            assert p - 1e-4 <= spend / order_value <= purchases_3m + 1e-4
        else:
            assert p_3m <= p <= p_12m and spend * margin <= 1.11 * value_12m + 0.01


def test_no_figure_of_the_newest_week_contradicts_another(weeks: Demo, tmp_path: Path) -> None:
    """By itself the purchase model contradicts the predictions of many; what is published contradicts nothing."""
    with weeks.copy(tmp_path).bench.warehouse().opened() as warehouse:
        rows = contradictions(warehouse)
    assert len(rows) == 5
    assert [row["published"] for row in rows] == [0] * 5
    assert sum(row["by itself"] for row in rows) > 50


def test_the_next_order_is_said_of_those_who_will_likely_order(weeks: Demo) -> None:
    rows = weeks.query(
        f"SELECT next_order_low_on, next_order_on, next_order_high_on, p_purchase_12m FROM insights.clv WHERE as_of = '{NEWEST}'"
    )
    said = [row for row in rows if row[1]]
    assert 30 < len(said) < len(rows)
    assert all(NEWEST <= low <= on <= high <= NEWEST + timedelta(days=366) and p >= 0.5 for low, on, high, p in said)
    assert all(row[3] < 0.5 and not row[0] and not row[2] for row in rows if not row[1])


def test_one_time_buyers_are_alive_the_less_the_longer_they_are_silent(weeks: Demo) -> None:
    rows = weeks.query(
        f"""
        SELECT v.p_alive FROM insights.clv AS v JOIN features.customers AS c USING (as_of, person_id)
        WHERE as_of = '{NEWEST}' AND c.frequency = 1 ORDER BY c.recency_days
        """
    )
    chances = [chance for (chance,) in rows]
    third = len(chances) // 3
    assert third > 7
    assert max(chances) < 1
    assert sum(chances[-third:]) < 0.9 * sum(chances[:third])


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


def test_fits_are_those_of_first_mondays_judged_on_the_days_after_their_cut_off(weeks: Demo) -> None:
    rows = weeks.query(
        "SELECT fitted_as_of, method, version, metrics, in_force FROM models.registry WHERE name = 'clv' ORDER BY 1"
    )
    # A fit rests on none before it: only those that weeks use are made.
    assert [row[0] for row in rows] == [
        day for day in first_mondays(date(2025, 10, 1), NEWEST) if day.month in QUARTERS
    ]
    for day, method, _, text, _ in rows:
        metrics = json.loads(text)
        assert method in ("bgnbd", "mbgnbd", "mbgcnbd", "nbd")
        assert f"judged on the {metrics['figures']['horizon_days']} days before {day}" in metrics["reason"]
        models = {name: {row["model"] for row in metrics["holdout"][name]} for name in ("purchases", "money")}
        assert {"BG/NBD", "MBG/NBD", "naive: own rate"} <= models["purchases"]
        assert {"cohort curve", "naive: past total"} <= models["money"]
        assert {row["level"] for row in metrics["holdout"]["coverage"]} == {0.5, 0.8, 0.95}
    used = weeks.query("SELECT DISTINCT as_of, fitted_as_of, model_version FROM insights.clv ORDER BY ALL")
    in_force = {row[0]: row[2] for row in rows if row[4]}
    for week, fitted, version in used:
        assert fitted == max(day for day in in_force if day <= week)
        assert version == in_force[fitted]


def test_checks_show_the_hold_out_and_its_chart(backfill_checks: dict[str, dict[str, dict[str, Any]]]) -> None:
    found = backfill_checks["insights/clv"]
    assert all(check["passed"] or check["severity"] == "WARN" for check in found.values())
    better = found["purchases_are_predicted_better_than_naively"]
    assert better["passed"]
    assert better["metadata"]["value"] < 1
    assert "| naive: own rate |" in better["metadata"]["purchases"]
    assert better["metadata"]["calibration"].startswith("![chart](data:image/png;base64,")
    assert better["metadata"]["fitted_as_of"] == "2026-01-05"
    assert "| naive: past total |" in found["money_is_predicted_better_than_naively"]["metadata"]["money"]
    gap = found["intervals_hold_what_they_promise"]["metadata"]["value"]
    assert abs(gap) < 0.1


def test_the_summary_counts_purchases_and_money_as_the_features_do(weeks: Demo, tmp_path: Path) -> None:
    """Two ways to what was bought before a cut-off, persons merged, corrections reversed, returns netted: one answer."""
    cut_off, days = date(2025, 10, 13), 84
    with weeks.copy(tmp_path).bench.warehouse().opened() as warehouse:
        labelled = labelled_customers(warehouse, [cut_off], days, cut_off + timedelta(days=days))
        summary = customers_of(warehouse, cut_off)
    assert summary["person_id"].tolist() == labelled["person_id"].tolist()
    assert (summary["frequency"] + 1).tolist() == labelled["frequency"].tolist()
    assert summary["spend"].tolist() == pytest.approx(labelled["spend"].astype(float).tolist())
    assert (summary["T"] + 1).tolist() == labelled["t_days"].tolist()
    assert labelled["later_purchases"].sum() > 50


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
    # As of the first day of a month every month is over.
    begun = [week for week in WEEKS if week.day != 1]
    assert [(week, month.date()) for week, month in rows] == [(week, week.replace(day=1)) for week in begun]
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


def test_what_was_planted_comes_back(weeks: Demo) -> None:
    """Through dirt, corrections, returns and merged accounts: the purchase process that the demo shop was drawn from."""
    [(text,)] = weeks.query(
        "SELECT parameters FROM models.registry WHERE name = 'clv' ORDER BY fitted_as_of DESC LIMIT 1"
    )
    fit = json.loads(text)["purchases"]
    for name, planted in asdict(BgNbd()).items():
        assert abs(fit[name] - planted) < 3 * fit["standard_errors"][name], name


def test_p_alive_is_right_about_repeat_buyers(weeks: Demo, demo_source: Path) -> None:
    """Against the truth, which no asset reads. Of one-time buyers it cannot be right here: in the planted process none leaves."""
    rows = weeks.query(
        f"""
        SELECT v.p_alive, t.alive_until IS NULL OR t.alive_until >= '{NEWEST}'
        FROM insights.clv AS v JOIN features.customers AS c USING (as_of, person_id)
        JOIN '{demo_source / "truth" / "customers.parquet"}' AS t ON t.customer_id = v.person_id
        WHERE as_of = '{NEWEST}' AND c.frequency > 1
        """
    )
    chances, alive = (np.array(column) for column in zip(*rows, strict=True))
    assert len(rows) > 100
    assert chances.mean() == pytest.approx(alive.mean(), abs=0.06)
    assert roc_auc_score(alive, chances) > 0.8
