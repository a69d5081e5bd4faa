"""insights.session_propensity of a small shop: the same whichever weeks were run, and better than what the cart says."""

import json
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from data_checks.sessions import AHEAD
from pipelines.definitions import build_assets
from resources.calendar import Calendar
from tests.insights.demo_bench import NEWEST, WEEKS, Demo, notes
from tests.shop_builder import WEEKS as TEA_WEEKS
from tests.shop_builder import Bench, complaint

ASSET = "insights/session_propensity"
REGISTRY = "SELECT * FROM models.registry WHERE name = 'session_propensity' ORDER BY fitted_as_of"


@pytest.fixture(scope="module")
def backfill(dailies: Demo, tmp_path_factory: pytest.TempPathFactory) -> tuple[Demo, dg.ExecuteInProcessResult]:
    demo = dailies.copy(tmp_path_factory.mktemp("sessions"))
    return demo, demo.run(ASSET, first=WEEKS[0], last=NEWEST)


@pytest.fixture(scope="module")
def weeks(backfill: tuple[Demo, dg.ExecuteInProcessResult]) -> Demo:
    return backfill[0]


def test_every_session_of_a_week_has_a_probability_and_reasons_in_both_languages(weeks: Demo) -> None:
    rows = weeks.query(
        "SELECT as_of, count(*), min(p_purchase), max(p_purchase) FROM insights.session_propensity GROUP BY 1 ORDER BY 1"
    )
    assert [row[0] for row in rows] == WEEKS
    assert all(0 <= low < high <= 1 for _, _, low, high in rows)
    spans = "SELECT min(as_of - CAST(started_at + INTERVAL 8 HOUR AS DATE)), max(as_of - CAST(started_at + INTERVAL 8 HOUR AS DATE)) FROM insights.session_propensity"
    assert weeks.query(spans) == [(1, 7)]
    reasons = weeks.query("SELECT DISTINCT reasons_zh, reasons_en FROM insights.session_propensity")
    assert all(zh[0] in "↑↓" and zh.count("；") == en.count("; ") == 2 for zh, en in reasons)


def test_sessions_that_bought_were_given_more_than_those_that_did_not(weeks: Demo) -> None:
    """Carts are planted: 85 of 100 bought products were put into one, 10 of 100 others."""
    means = dict(weeks.query("SELECT has_purchased, avg(p_purchase) FROM insights.session_propensity GROUP BY 1"))
    assert means[True] > 2 * means[False]


def test_the_check_shows_the_holdout_beside_the_baselines(backfill: tuple[Demo, dg.ExecuteInProcessResult]) -> None:
    (check,) = [c for c in backfill[1].get_asset_check_evaluations() if c.check_name == AHEAD]
    shown = check.metadata["holdout"].value
    assert "| baseline: products in the cart |" in shown
    assert "| candidate: logistic |" in shown
    assert check.metadata["calibration"].value.startswith("![chart](data:image/png;base64,")


def test_fits_are_judged_on_sessions_after_those_they_learned_from(weeks: Demo) -> None:
    fits = weeks.query(
        "SELECT metrics, in_force FROM models.registry WHERE name = 'session_propensity' ORDER BY fitted_as_of"
    )
    assert len(fits) >= 6, "in the first months there are too few sessions"
    newest = json.loads(fits[-1][0])
    assert newest["holdout_days"] == 28
    models = {row["model"]: row for row in newest["holdout"]}
    assert {"candidate: logistic", "candidate: boosting", "in force before", "baseline: products in the cart"} <= set(
        models
    )
    # What sees the purchase would rank them all.
    assert 0.6 < models["candidate: logistic"]["auc"] < 0.97
    assert {in_force for _, in_force in fits} == {True, False}, "some challengers lose"


def test_the_newest_week_alone_is_what_a_backfill_gives(weeks: Demo, dailies: Demo, tmp_path: Path) -> None:
    fresh = dailies.copy(tmp_path)
    fresh.run(ASSET, first=NEWEST, last=NEWEST)
    assert len(fresh.week("session_propensity", NEWEST)) > 10
    assert fresh.week("session_propensity", NEWEST) == weeks.week("session_propensity", NEWEST)
    assert fresh.query(REGISTRY) == weeks.query(REGISTRY)
    fresh.run(ASSET, first=NEWEST - timedelta(days=14), last=NEWEST - timedelta(days=7))
    for week in WEEKS[-3:]:
        assert fresh.week("session_propensity", week) == weeks.week("session_propensity", week)


def test_a_shop_with_a_handful_of_sessions_says_what_is_missing(tea_house: Bench, tmp_path: Path) -> None:
    young = tea_house.copy(tmp_path)
    result = young.run(ASSET, first=TEA_WEEKS[-1], assets=build_assets(Calendar.of(young.shop)))
    assert result.success, complaint(result)
    assert young.query("SELECT count(*) FROM insights.session_propensity") == [(0,)]
    assert notes(result, ASSET)["not_enough_history"].startswith(
        "not enough history: needs 7 days and 20 sessions with and as many without a purchase"
    )
