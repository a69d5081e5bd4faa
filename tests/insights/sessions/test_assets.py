"""insights.session_propensity of a small shop: the same whichever weeks were run, and better than what the cart says."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.definitions import build_assets
from resources.calendar import Calendar
from tests.insights.demo_bench import NEWEST, WEEKS, Demo, checks_of, notes, notes_of
from tests.shop_builder import WEEKS as TEA_WEEKS
from tests.shop_builder import Bench, complaint

ASSET = "insights/session_propensity"


@pytest.fixture(scope="module")
def weeks(backfilled: Demo) -> Demo:
    return backfilled


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


def test_the_check_shows_the_fit_in_force_beside_its_baselines(
    weeks: Demo, backfill_checks: dict[str, dict[str, dict[str, Any]]]
) -> None:
    """A challenger that was refused since stands in the registry, not beside the verdict on the model in use."""
    shown = backfill_checks[ASSET]["the_model_ranks_sessions_better_than_carts"]["metadata"]
    assert "| products in the cart | baseline |" in shown["holdout"]
    assert "| logistic | candidate |" in shown["holdout"]
    assert shown["calibration"].startswith("![chart](data:image/png;base64,")
    used = f"SELECT DISTINCT CAST(fitted_as_of AS VARCHAR) FROM insights.session_propensity WHERE as_of = '{NEWEST}'"
    assert weeks.query(used) == [(shown["fitted_as_of"],)]


def test_a_refused_challenger_stands_beside_no_verdict(weeks: Demo, tmp_path: Path) -> None:
    """The newest fit lost: the week is scored by the one before it, and the check shows that one."""
    lost = weeks.copy(tmp_path)
    (newest,) = lost.query("SELECT max(fitted_as_of) FROM models.registry WHERE name = 'session_propensity'")[0]
    with lost.bench.warehouse().opened() as warehouse:
        warehouse.connection.execute(
            "UPDATE models.registry SET in_force = false WHERE name = 'session_propensity' AND fitted_as_of = $newest",
            {"newest": newest},
        )
    result = lost.run(ASSET, first=NEWEST, last=NEWEST)
    shown = checks_of(result)[ASSET]["the_model_ranks_sessions_better_than_carts"]["metadata"]["fitted_as_of"]
    assert shown < newest.isoformat()
    assert notes_of(result)[ASSET]["newest_fit"] == newest.isoformat()


def test_fits_are_judged_on_sessions_after_those_they_learned_from(weeks: Demo) -> None:
    fits = weeks.query(
        "SELECT metrics, in_force FROM models.registry WHERE name = 'session_propensity' ORDER BY fitted_as_of"
    )
    assert len(fits) >= 2, "at first there are too few sessions; the newest has one in force to beat"
    newest = json.loads(fits[-1][0])
    assert newest["figures"]["holdout_days"] == 28
    models = {row["model"]: row for row in newest["holdout"]["holdout"]}
    assert {"logistic", "boosting", "in force before", "products in the cart"} <= set(models)
    # What sees the purchase would rank them all.
    assert 0.6 < models["logistic"]["auc"] < 0.97
    assert {in_force for _, in_force in fits} == {True, False}, "some challengers lose"


def test_a_shop_with_a_handful_of_sessions_says_what_is_missing(tea_house: Bench, tmp_path: Path) -> None:
    young = tea_house.copy(tmp_path)
    result = young.run(ASSET, first=TEA_WEEKS[-1], assets=build_assets(Calendar.of(young.shop)))
    assert result.success, complaint(result)
    assert young.query("SELECT count(*) FROM insights.session_propensity") == [(0,)]
    assert notes(result, ASSET)["not_enough_history"].startswith(
        "not enough history: needs 20 sessions with and as many without a purchase"
    )
