"""insights/forecasts: the method chosen on the first Mondays of months, every series forecast each week and judged when its window closes."""

import itertools
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.insights.forecast.calendar import CHINESE, Event
from assets.insights.forecast.rows import Row
from assets.insights.forecast.tables import BACKTESTS, FORECASTS
from data_checks import forecast as checks
from data_checks.gate import gated_asset
from data_checks.rows import Rows, Work
from resources import evidence
from resources.calendar import Calendar, monday_after
from resources.contract import CONTRACT
from resources.registry import Fitted, fit_dates, in_force, replay
from resources.shop import Shop
from resources.tables import Table
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from assets.insights.forecast.judging import Judge
    from assets.insights.forecast.weeks import Desk, Told

HERE = Path(__file__).parent
MODEL = "forecast"
HISTORY_DAYS = 14


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    gated = partial(gated_asset, calendar=calendar)
    known = [CONTRACT[name].clean for name in ("orders", "products") if name in calendar.shop.tables]
    return [
        gated(FORECASTS, forecast_rows, reads=known, suite=checks.forecasts(), kinds={"numpy"}),
        gated(BACKTESTS, backtest_rows, reads=[FORECASTS, *known], suite=checks.backtests(), kinds={"numpy"}),
    ]


def known_events(shop: Shop) -> tuple[Event, ...]:
    """The shop's own events; those of Chinese shops where it has a Chinese locale and names none."""
    if shop.settings.events is None:
        return CHINESE if shop.locale.startswith("zh") else ()
    return tuple(
        Event(
            each.name.zh,
            each.name.en,
            (int(each.month_day[:2]), int(each.month_day[3:])) if each.month_day else None,
            tuple(each.dates),
            each.first,
            each.last,
        )
        for each in shop.settings.events
    )


class Room:
    """The forecasts of one shop up to a Monday: its series, the fits, and what was told on any Monday before."""

    def __init__(self, warehouse: Warehouse, until: date):
        from assets.insights.forecast.judging import judge_of
        from assets.insights.forecast.series import CUSTOMERS, DEMAND, ORDERS, REVENUE, Ledger

        self.warehouse, shop = warehouse, warehouse.shop
        for name in ("orders", "products"):
            warehouse.view(CONTRACT[name].clean)
        # A run comes back for each of its chunks of weeks, with the same connection and the same past.
        warehouse.connection.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS forecast_ledger AS {(HERE / 'ledger.sql').read_text(encoding='utf-8')}",
            {"outlier_quantity": shop.limits.outlier_quantity},
        )
        ledger = warehouse.connection.execute(
            "FROM forecast_ledger ORDER BY series, category, ordered_on, known_on"
        ).df()
        totals = [ORDERS, CUSTOMERS, *([REVENUE] if shop.has_prices else []), DEMAND]
        ledger = ledger[shop.has_prices | (ledger["series"] != "revenue")]
        self.judge: Judge = judge_of(Ledger(ledger, totals), shop.settings.forecast_days, known_events(shop))
        self.desk: Desk = self.judge.desk
        self.fits = replay(warehouse.connection, MODEL, self._fit_dates(until), self._fit)

    def _fit_dates(self, until: date) -> list[date]:
        """The first Monday on which there may be a forecast, then the first Mondays of months."""
        first = monday_after(self.warehouse.shop.start + timedelta(days=HISTORY_DAYS - 1))
        return sorted({first, *fit_dates(first, until)} if first <= until else ())

    def _fit(self, day: date, _: Fitted | None) -> Fitted | None:
        """The method chosen as of `day`; None before the first sale."""
        if self.desk.ledger.as_of(day) is None:
            return None
        choice = self.judge.choice(day)
        return Fitted(MODEL, day, choice.method, {"nominal": choice.nominal}, choice.metrics, in_force=True)

    def told(self, week: date) -> "Told | None":
        """What was told on a Monday; None where there was no fit, or nothing sold yet."""
        fitted = in_force(self.fits, week)
        return self.desk.told(week, fitted.method) if fitted else None

    def rows(self, week: date) -> list[Row]:
        """The rows of insights.forecasts of one Monday."""
        from assets.insights.forecast.rows import forecast_rows
        from assets.insights.forecast.weeks import RECORD_WEEKS

        fitted, seen, now = in_force(self.fits, week), self.desk.ledger.as_of(week), self.told(week)
        if fitted is None or seen is None or now is None:
            return []
        before = (week - timedelta(weeks=number) for number in range(RECORD_WEEKS, 0, -1))
        earlier = [told for each in before if (told := self.told(each))]
        rows = forecast_rows(seen, now, earlier, fitted.parameters["nominal"], self.desk.events.events)
        return [row | {"fitted_as_of": fitted.fitted_as_of, "model_version": fitted.version} for row in rows]


def forecast_rows(work: Work) -> Rows:
    """The next days of every series as of each Monday; none where there is too little history."""
    room = Room(work.warehouse, max(work.keys))
    rows = list(itertools.chain.from_iterable(room.rows(week) for week in work.keys))
    # A series may lack what others have, so what is lacking is told by series.
    notes = evidence.fit_notes(room.fits, [], "", "")
    if lacking := _lacking(room, max(work.keys)):
        notes["not_enough_history"] = lacking
    return Rows(_frame(FORECASTS, rows), metadata=notes)


def _lacking(room: Room, week: date) -> str:
    """Which series of a Monday have no forecast, and what they need."""
    told = room.told(week)
    if told is None:
        return f"not enough history: needs {HISTORY_DAYS} days from the first sale on; {week} has no forecast"
    by_need: dict[str, list[str]] = {}
    for (series, category), need in told.short.items():
        by_need.setdefault(need, []).append(f"{series} of {category}" if category else series)
    parts = [f"{', '.join(names)}: {need}" for need, names in by_need.items()]
    return f"not enough history as of {week}: {'; '.join(parts)}" if parts else ""


def backtest_rows(work: Work) -> Rows:
    """The forecasts whose window closed, judged. A Monday that is not in the table is worked out, so that a first run gives what a backfill gives."""
    from assets.insights.forecast.methods import FLOOR
    from assets.insights.forecast.rows import backtest_rows

    room = Room(work.warehouse, max(work.keys))
    span = room.desk.closed_on(date.min) - date.min
    stored = _stored(work, [week - span for week in work.keys])
    rows: list[Row] = []
    newest: tuple[list[Row], date] | None = None
    for week in work.keys:
        then, closed = room.desk.ledger.as_of(week - span), room.desk.ledger.as_of(week)
        floor = room.desk.told(week - span, FLOOR)
        if then is None or closed is None or floor is None:
            continue
        told = stored[week - span] if week - span in stored else room.rows(week - span)
        if told:
            rows += backtest_rows(then, closed, told, floor)
            newest = told, week
    return Rows(_frame(BACKTESTS, rows), evidence=_evidence(room, newest))


def _stored(work: Work, weeks: Sequence[date]) -> dict[date, list[Row]]:
    """The rows of insights.forecasts of those Mondays whose partition is there and up to date."""
    there = {
        row[0]
        for row in work.connection.execute(
            "SELECT partition_key FROM ops.windows WHERE table_name = $table AND NOT is_stale",
            {"table": FORECASTS.qualified},
        ).fetchall()
    }
    found: dict[date, list[Row]] = {week: [] for week in weeks if week.isoformat() in there}
    cursor = work.connection.execute(
        f"SELECT * FROM {FORECASTS.qualified} WHERE list_contains($weeks, as_of) ORDER BY as_of, series, category, step",
        {"weeks": list(found)},
    )
    names = [column[0] for column in cursor.description or []]
    for values in cursor.fetchall():
        row = dict(zip(names, values, strict=True))
        found[row["as_of"]].append(row)
    return found


def _evidence(room: Room, newest: tuple[list[Row], date] | None) -> dict[str, dict[str, Any]]:
    """For the check on errors: the hold-out table of the newest fit, and the newest closed window of one series as a chart."""
    import numpy as np

    found: dict[str, Any] = {}
    if room.fits:
        metrics = room.fits[-1].metrics
        found["holdout"] = evidence.table(metrics["holdout"])
        found["coverage"] = evidence.table(metrics["coverage"])
    newest_week = room.warehouse.connection.execute(f"SELECT max(as_of) FROM {FORECASTS.qualified}").fetchall()[0][0]
    # A long range comes in chunks: only the last one's window is drawn.
    if newest and newest[1] == newest_week:
        told, week = newest
        series = "revenue" if any(row["series"] == "revenue" for row in told) else "orders"
        days = [row for row in told if row["series"] == series]
        closed = room.desk.ledger.as_of(week)
        if days and closed is not None and days[0]["low_80"] is not None:
            on = [row["forecast_on"] for row in days]
            actual = closed.happened((series, ""), np.array([day.toordinal() for day in on])).tolist()
            mean, low, high = ([row[name] for row in days] for name in ("mean", "low_80", "high_80"))
            found["chart"] = evidence.band_chart(on, actual, mean, low, high, ylabel=f"{series} a day")
    return {checks.NO_WORSE_THAN_LAST_WEEK: found}


def _frame(table: Table, rows: list[Row]) -> "pd.DataFrame | str":
    import pandas as pd

    return pd.DataFrame(rows, columns=table.column_names) if rows else ""
