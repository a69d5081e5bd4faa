"""insights/clv and insights/cohorts: what customers are expected to be worth, and how cohorts came back."""

from datetime import date
from functools import partial
from typing import Any

import dagster as dg

from assets.features.tables import CUSTOMER_DAYS, CUSTOMERS, IDENTITIES
from assets.insights.clv import model
from assets.insights.clv.summaries import prepare_days, published_persons, sql
from assets.insights.clv.tables import CLV, COHORTS
from data_checks import clv as checks
from data_checks.gate import gated_asset
from data_checks.rows import Rows, Work, figures_of
from resources import evidence
from resources.calendar import Calendar
from resources.contract import CONTRACT
from resources.registry import Fitted


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    shop = calendar.shop
    gated = partial(gated_asset, calendar=calendar)
    customers = [CUSTOMERS, CUSTOMER_DAYS, *([IDENTITIES] if "links" in shop.tables else [])]
    products = [CONTRACT["products"].clean] if "products" in shop.tables and shop.has_prices else []
    return [
        gated(CLV, clv_rows, reads=[*customers, *products], suite=checks.clv(shop), kinds={"python", "sql"}),
        gated(COHORTS, cohort_rows, reads=customers, suite=checks.cohorts(shop), kinds={"sql"}),
    ]


def clv_rows(work: Work) -> Rows:
    """What every buyer is expected to be worth as of each Monday; none before there is history enough for a first fit."""
    warehouse, connection = work.warehouse, work.connection
    fits = {week: model.in_force(warehouse, week) for week in work.keys}
    model.prepare_scoring(warehouse, work.keys)
    connection.execute("DROP TABLE IF EXISTS scored")
    connection.execute(CLV.create_sql("scored", temporary=True))
    figures: dict[date, list[float | None]] = {}
    for week, found in fits.items():
        if found.fitted is None:
            continue
        # A week at a time, so that memory does not grow with the weeks asked for.
        frame, common = model.scored(warehouse, week, found.fitted)
        connection.register("frame", frame)
        same = ", ".join(f"${name} AS {name}" for name in common)
        connection.execute(f"INSERT INTO scored BY NAME SELECT *, {same} FROM frame", common)
        connection.unregister("frame")
        figures[week] = checks.holdout_figures(found.fitted)
    used = [found.fitted for found in fits.values() if found.fitted]
    without = {week: found.why_not for week, found in fits.items() if found.fitted is None}
    lacking = next(reversed(without.values()), "")
    return Rows(
        "SELECT * FROM scored",
        figures=figures_of("as_of", checks.FIGURES, figures),
        metadata=evidence.fit_notes(used, list(without), lacking, "values"),
        evidence=_evidence(used[-1]) if used else {},
    )


def _evidence(fitted: Fitted) -> dict[str, dict[str, Any]]:
    """The hold-out of a fit, where its checks are read."""
    metrics = fitted.metrics
    about = f"Fitted as of {metrics['cut_off']}, judged on the {metrics['horizon_days']} days after it; {metrics['reason']}."
    chosen = metrics["model"]
    bins = [
        {"predicted": row[chosen], "realised": row["actual"], "count": row["customer_count"]}
        for row in metrics["by_frequency"]
    ]
    purchases, money = (
        evidence.table([row for row in metrics["holdout"] if row["target"] == target])
        for target in ("purchases", "money")
    )
    return {
        checks.BETTER: {
            "about": about,
            "holdout": purchases,
            "by_frequency": evidence.table(metrics["by_frequency"]),
            "calibration": evidence.calibration_chart(bins, unit="purchases"),
        },
        checks.MONEY: {"about": about, "holdout": money},
        checks.COVERED: {"about": about, "intervals": evidence.table(metrics["coverage"])},
    }


def cohort_rows(work: Work) -> Rows:
    """Retention and revenue by month of the first purchase."""
    published_persons(work.warehouse, work.keys)
    prepare_days(work.warehouse, work.keys)
    return Rows(sql("cohorts"))
