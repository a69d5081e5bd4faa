"""insights/forecasts, forecast_totals: the method chosen on the first Mondays of months, every series forecast each week and judged when its window closes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.insights.forecast.model import HISTORY_DAYS, MODEL
from assets.insights.forecast.reads import closed_on, spend_of_weeks, study_of
from assets.insights.forecast.tables import AGREEMENT, BACKTESTS, FORECASTS, TOTALS
from assets.insights.predictions.tables import PREDICTIONS
from assets.weekly import stored_weeks, weekly_rows
from data_checks import forecast as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Rows, Work
from resources.calendar import Calendar
from resources.contract import CONTRACT
from resources.evidence import Band, Evidence
from resources.fitted import Fitted
from resources.registry import Fits, replay
from resources.tables import Table
from resources.warehouse import Warehouse

KNOWN_SHARE = 0.1
"""Where buyers of before pay less than this of the revenue, what they pay and what is forecast cannot be compared."""

if TYPE_CHECKING:
    import pandas as pd

    from assets.insights.forecast.methods.rows import Row
    from assets.insights.forecast.methods.tracking import Intervals
    from assets.insights.forecast.methods.weeks import Forecasts

    RowsOfWeek = Callable[[Warehouse, Fits, date], list[Row]]


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    gated = partial(gated_asset, calendar=calendar)
    known = [CONTRACT[name].clean for name in ("orders", "products") if name in calendar.shop.tables]
    return [
        gated(FORECASTS, forecast_rows, reads=known, suite=checks.forecasts(), kinds={"numpy"}),
        gated(TOTALS, total_rows, reads=known, suite=checks.totals(), kinds={"numpy"}),
        gated(AGREEMENT, agreement_rows, reads=[PREDICTIONS, *known], suite=checks.agreement(), kinds={"numpy"}),
        gated(BACKTESTS, backtest_rows, reads=[FORECASTS, *known], suite=checks.backtests(), kinds={"numpy"}),
    ]


def forecast_rows(work: Work) -> Rows:
    """The next days of every series as of each Monday; none where there is too little history."""
    return _forecast(work, FORECASTS, _rows)


def total_rows(work: Work) -> Rows:
    """The next days of every series in sum, as of each Monday; none where there is too little history."""
    return _forecast(work, TOTALS, _totals)


def _forecast(work: Work, table: Table, rows: "RowsOfWeek") -> Rows:
    fits = replay(work.warehouse, MODEL, work.keys)
    made = _weekly(work, fits, table, rows)
    # A series may lack what others have, so what is missing is told by series.
    notes = {name: value for name, value in made.metadata.items() if name != "not_enough_history"}
    if missing := _missing(work.warehouse, fits, max(work.keys)):
        notes["not_enough_history"] = missing
    return replace(made, metadata=notes)


def agreement_rows(work: Work) -> Rows:
    """What buyers are expected to spend beside the revenue that is forecast for as many days; none where either is missing."""
    warehouse = work.warehouse
    fits, spend = replay(warehouse, MODEL, work.keys), spend_of_weeks(warehouse, work.keys)

    def rows(_: Warehouse, __: Fits, week: date) -> "list[Row]":
        fitted = fits.in_force(week)
        if fitted is None or week not in spend:
            return []
        row = spend[week]
        revenue = study_of(warehouse).cache.revenue(week, fitted.method, row["horizon_days"])
        if not revenue:
            return []
        known = row["known_share"] >= KNOWN_SHARE
        ratio = row["expected_spend"] / (revenue * row["known_share"]) if known else None
        return [row | {"revenue": round(revenue, 4), "spend_to_known_revenue": ratio}]

    return _weekly(work, fits, AGREEMENT, rows)


def _weekly(work: Work, fits: Fits, table: Table, rows: "RowsOfWeek") -> Rows:
    def score(week: date, _: Fitted) -> "pd.DataFrame":
        import pandas as pd

        return pd.DataFrame(rows(work.warehouse, fits, week), columns=table.column_names)

    return weekly_rows(work, table, MODEL, score, "forecast")


def _forecasts(warehouse: Warehouse, fits: Fits, week: date) -> "Forecasts | None":
    """What is forecast on a Monday by the method in force; None where there is no fit, or nothing sold yet."""
    fitted = fits.in_force(week)
    return study_of(warehouse).cache.forecasts(week, fitted.method) if fitted else None


def _rows(warehouse: Warehouse, fits: Fits, week: date) -> "list[Row]":
    """The rows of insights.forecasts of one Monday."""
    from assets.insights.forecast.methods.rows import forecast_rows

    now, events = _forecasts(warehouse, fits, week), study_of(warehouse).cache.events.events
    made = _intervals(warehouse, fits, week)
    return [row | _fit(fits, week) for row in forecast_rows(now, made, events)] if now and made else []


def _totals(warehouse: Warehouse, fits: Fits, week: date) -> "list[Row]":
    """The rows of insights.forecast_totals of one Monday."""
    from assets.insights.forecast.methods.rows import total_rows

    now, made = _forecasts(warehouse, fits, week), _intervals(warehouse, fits, week)
    return [row | _fit(fits, week) for row in total_rows(now, made)] if now else []


def _intervals(warehouse: Warehouse, fits: Fits, week: date) -> "dict[int, Intervals]":
    """The intervals of a Monday, made once for the tables of a run."""

    def method_on(monday: date) -> str | None:
        fitted = fits.in_force(monday)
        return fitted.method if fitted else None

    return warehouse.once(
        ("forecast intervals", week), lambda: study_of(warehouse).tracking.intervals(week, cache(method_on))
    )


def _fit(fits: Fits, week: date) -> "Row":
    fitted = fits.in_force(week)
    return {"fitted_as_of": fitted.fitted_as_of, "model_version": fitted.version} if fitted else {}


def _missing(warehouse: Warehouse, fits: Fits, week: date) -> str:
    """Which series of a Monday have no forecast, and what they need."""
    forecasts = _forecasts(warehouse, fits, week)
    if forecasts is None:
        return f"not enough history: needs {HISTORY_DAYS} days from the first sale on; {week} has no forecast"
    by_need: dict[str, list[str]] = {}
    for (series, category), need in forecasts.short.items():
        by_need.setdefault(need, []).append(f"{series} of {category}" if category else series)
    parts = [f"{', '.join(names)}: {need}" for need, names in by_need.items()]
    return f"not enough history as of {week}: {'; '.join(parts)}" if parts else ""


def backtest_rows(work: Work) -> Rows:
    """The forecasts whose window closed, judged. A Monday that is not in the table is worked out, so that a first run gives what a backfill gives."""
    import pandas as pd

    from assets.insights.forecast.methods.choice import FLOOR
    from assets.insights.forecast.methods.rows import backtest_rows

    warehouse = work.warehouse
    fits, cache = replay(warehouse, MODEL, work.keys), study_of(warehouse).cache
    span = closed_on(warehouse, date.min) - date.min
    stored = _stored(work, [week - span for week in work.keys])
    rows: list[Row] = []
    newest: tuple[list[Row], date] | None = None
    for week in work.keys:
        then, closed = cache.ledger.as_of(week - span), cache.ledger.as_of(week)
        floor = cache.forecasts(week - span, FLOOR)
        if then is None or closed is None or floor is None:
            continue
        forecasts = stored[week - span] if week - span in stored else _rows(warehouse, fits, week - span)
        if forecasts:
            rows += backtest_rows(then, closed, forecasts, floor)
            newest = forecasts, week
    frame = pd.DataFrame(rows, columns=BACKTESTS.column_names) if rows else ""
    return Rows(frame, evidence=_evidence(warehouse, fits, newest))


def _stored(work: Work, weeks: Sequence[date]) -> "dict[date, list[Row]]":
    """The rows of insights.forecasts of those Mondays whose partition is there and up to date."""
    found: dict[date, list[Row]] = {week: [] for week in stored_weeks(work, FORECASTS, weeks)}
    cursor = work.connection.execute(
        f"SELECT * FROM {FORECASTS.qualified} WHERE list_contains($weeks, as_of) ORDER BY as_of, series, category, step",
        {"weeks": list(found)},
    )
    names = [column[0] for column in cursor.description or []]
    for values in cursor.fetchall():
        row = dict(zip(names, values, strict=True))
        found[row["as_of"]].append(row)
    return found


def _evidence(warehouse: Warehouse, fits: Fits, newest: "tuple[list[Row], date] | None") -> dict[str, Evidence]:
    """For the check on errors: the hold-out tables of the fit that made the newest closed forecast, and one series of it as a chart."""
    import numpy as np

    if newest is None:
        return {}
    forecasts, week = newest
    fitted = fits.in_force(forecasts[0]["as_of"])
    tables = fitted.metrics.holdout if fitted else {}
    series = "revenue" if any(row["series"] == "revenue" for row in forecasts) else "orders"
    days = [row for row in forecasts if row["series"] == series]
    closed = study_of(warehouse).cache.ledger.as_of(week)
    charts: dict[str, Any] = {}
    if days and closed is not None and days[0]["low_80"] is not None:
        on = [row["forecast_on"] for row in days]
        actual = closed.happened((series, ""), np.array([day.toordinal() for day in on])).tolist()
        mean, low, high = ([row[name] for row in days] for name in ("mean", "low_80", "high_80"))
        charts["chart"] = Band(on, actual, mean, low, high, f"{series} a day")
    return {checks.NO_WORSE_THAN_LAST_WEEK: Evidence(tables=tables, charts=charts)}
