"""insights/predictions: fitted on the first Mondays of months, scored every week, judged when the window closes, watched for drift."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.features.labels import labelled_customers
from assets.features.reads import customers_as_of
from assets.features.tables import CUSTOMERS
from assets.insights.predictions.methods.scoring import scores, with_reasons
from assets.insights.predictions.model import MODEL, loaded
from assets.insights.predictions.reads import published_buyers, with_opinions
from assets.insights.predictions.tables import BACKTESTS, DRIFT, PREDICTIONS
from assets.insights.sentiment.tables import CUSTOMER_OPINIONS
from assets.weekly import stored_weeks, weekly_rows
from data_checks import predictions as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Rows, Work
from resources.calendar import Calendar
from resources.evidence import Evidence
from resources.fitted import Fitted
from resources.registry import replay
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    gated, shop = partial(gated_asset, calendar=calendar), calendar.shop
    known = [CUSTOMERS, *([CUSTOMER_OPINIONS] if "reviews" in shop.tables else [])]
    return [
        gated(PREDICTIONS, prediction_rows, reads=known, suite=checks.predictions(shop), kinds={"scikitlearn"}),
        gated(BACKTESTS, backtest_rows, reads=[PREDICTIONS, *known], suite=checks.backtests(), kinds={"python"}),
        gated(DRIFT, drift_rows, reads=[PREDICTIONS, *known], suite=checks.drift(), kinds={"python"}),
    ]


def prediction_rows(work: Work) -> Rows:
    """The scores of every buyer as of each Monday; none before there is history enough for a first fit."""

    def score(week: date, fitted: Fitted) -> "pd.DataFrame":
        shop, buyers = work.warehouse.shop, published_buyers(work.warehouse, week)
        return with_reasons(
            loaded(fitted, work.warehouse),
            buyers,
            shop.currency,
            may_be_personal=shop.settings.reasons_may_be_personal,
        )

    return weekly_rows(work, PREDICTIONS, MODEL, score, "predictions")


def backtest_rows(work: Work) -> Rows:
    """Scores whose window closed with each Monday, against what happened."""
    import pandas as pd

    from resources.learning.metrics import judged

    warehouse = work.warehouse
    fits = replay(warehouse, MODEL, work.keys)
    horizons = sorted({fitted.parameters["horizon_days"] for fitted in fits.made})
    windows = [
        (week, week - timedelta(days=days), then)
        for week in work.keys
        for days in horizons
        if (then := fits.in_force(week - timedelta(days=days))) and then.parameters["horizon_days"] == days
    ]
    past = _past_scores(work, {scored: then for _, scored, then in windows})
    rows: list[dict[str, Any]] = []
    for week, scored, then in windows:
        horizon = then.parameters["horizon_days"]
        part = past[scored].merge(_outcomes(warehouse, windows, scored, horizon), on="person_id", how="left")
        figures = judged((part["later_purchases"].fillna(0) > 0).to_numpy(float), part["p_purchase"].to_numpy(float))
        rows.append(
            {
                "as_of": week,
                "scored_as_of": scored,
                "horizon_days": horizon,
                "customer_count": figures["count"],
                "realised_rate": figures["rate"],
                **{name: figures[name] for name in ("mean_score", "auc", "ap", "lift", "brier", "ece")},
                "expected_spend": round(float(part["expected_spend"].sum()), 2) if then.parameters["spend"] else None,
                "realised_spend": round(float(part["later_spend"].sum()), 2),
                "method": then.method,
                "fitted_as_of": then.fitted_as_of,
                "model_version": then.version,
            }
        )
    shown = [{name: str(row[name]) if name == "scored_as_of" else row[name] for name in checks.SHOWN} for row in rows]
    return Rows(
        pd.DataFrame(rows) if rows else "",
        evidence={checks.CAME_TRUE: Evidence(tables={"backtests": shown})} if rows else {},
        plots={
            str(row["as_of"]): {name: row[name] for name in checks.PLOTTED if row[name] is not None} for row in rows
        },
    )


def _past_scores(work: Work, fits: dict[date, Fitted]) -> "dict[date, pd.DataFrame]":
    """The scores of past weeks: the stored ones, and where a week is absent or stale, worked out again, so that a first run gives
    what a backfill gives."""
    warehouse = work.warehouse
    stored = stored_weeks(work, PREDICTIONS, list(fits))
    found: dict[date, pd.DataFrame] = {}
    for week, fitted in fits.items():
        if week in stored:
            query = (
                "SELECT person_id, p_purchase, expected_spend FROM predictions WHERE as_of = $week ORDER BY person_id"
            )
            found[week] = warehouse.select(query, {"predictions": PREDICTIONS}, {"week": week})
        else:
            customers = customers_as_of(warehouse, week)
            buyers = customers[customers["frequency"] > 0].reset_index(drop=True)
            found[week] = scores(loaded(fitted, warehouse), with_opinions(warehouse, buyers, [week]))
    return found


def _outcomes(
    warehouse: Warehouse, windows: Sequence[tuple[date, date, Fitted]], scored: date, horizon: int
) -> "pd.DataFrame":
    """person_id, later_purchases, later_spend in the window from `scored` on; all windows of a horizon are asked for at once."""
    weeks = tuple(sorted({then for _, then, fitted in windows if fitted.parameters["horizon_days"] == horizon}))
    labels = warehouse.once(("outcomes", weeks, horizon), lambda: labelled_customers(warehouse, weeks, horizon))
    is_then = labels["as_of"].astype(str) == str(scored)
    return labels.loc[is_then, ["person_id", "later_purchases", "later_spend"]]


def drift_rows(work: Work) -> Rows:
    """How far inputs and score of each week's buyers have moved from the rows of the fit in force."""
    newest: list[pd.DataFrame] = []

    def score(week: date, fitted: Fitted) -> "pd.DataFrame":
        from assets.insights.predictions.methods.drift import shifts

        query = "SELECT p_purchase FROM insights.predictions WHERE as_of = $week ORDER BY person_id"
        scored = work.warehouse.select(query, parameters={"week": week})["p_purchase"].to_numpy()
        used = loaded(fitted, work.warehouse)
        newest[:] = [shifts(used.model, fitted.parameters["seen"], published_buyers(work.warehouse, week), scored)]
        return newest[0]

    def largest(_: object) -> dict[str, Evidence]:
        if not newest:
            return {}
        rows = newest[0].sort_values("psi", ascending=False, kind="stable").head(checks.SHOWN_SHIFTS)
        return {checks.MOVED: Evidence(tables={"largest_shifts": rows.to_dict("records")})}

    return weekly_rows(work, DRIFT, MODEL, score, "drift", evidence=largest)
