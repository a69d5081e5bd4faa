"""The rows of the forecast tables, from what was forecast on Mondays."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from assets.insights.forecast.methods.history import Floats, clipped
from assets.insights.forecast.methods.intervals import LEVELS
from assets.insights.forecast.methods.metrics import mase, naive_error, wape
from assets.insights.forecast.methods.series import Histories, Key
from assets.insights.forecast.methods.tracking import DAYS, Intervals
from assets.insights.forecast.methods.trading_calendar import Event
from assets.insights.forecast.methods.weeks import Forecasts

Row = dict[str, Any]


def forecast_rows(now: Forecasts, made: Mapping[int, Intervals], events: Sequence[Event]) -> list[Row]:
    """A row a series and day of insights.forecasts."""
    chinese = {event.name.en: event.name.zh for event in events} | {"": ""}
    of_days, rows = made[DAYS], []
    for at, (key, mean) in enumerate(now.mean.items()):
        reason = now.reason[key]
        for step, (day, event) in enumerate(zip(now.days, now.events, strict=True)):
            row = _series_of(now, key) | {"forecast_on": day, "step": step + 1, "mean": float(mean[step])}
            row |= _ends(of_days, at, step) | {"event_zh": chinese[event] or None, "event_en": event or None}
            row |= {"method": now.method[key], "reason_zh": reason.zh or None, "reason_en": reason.en or None}
            rows.append(row)
    return rows


def total_rows(now: Forecasts, made: Mapping[int, Intervals]) -> list[Row]:
    """A row a series and length of insights.forecast_totals."""
    rows = []
    for length, each in made.items():
        if length == DAYS:
            continue
        for at, key in enumerate(each.keys):
            row = _series_of(now, key) | {"day_count": length, "last_on": now.as_of + timedelta(days=length - 1)}
            row |= {"mean": round(float(each.mean[at, 0]), 4)} | _ends(each, at, 0)
            row |= {"judged_count": int(each.judged[at, 0])}
            row |= {f"covered_{name}_count": int(held) for name, held in zip(LEVELS, each.held[at], strict=True)}
            rows.append(row | {"method": now.method[key]})
    return rows


def _series_of(now: Forecasts, key: Key) -> Row:
    return {"as_of": now.as_of, "series": key[0], "category": key[1] or None}


def _ends(made: Intervals, at: int, column: int) -> Row:
    return {
        f"{end}_{name}": round(float(values[at, level, column]), 4)
        for level, name in enumerate(LEVELS)
        for end, values in (("low", made.low), ("high", made.high))
    }


def backtest_rows(then: Histories, closed: Histories, forecasts: Sequence[Row], floor: Forecasts) -> list[Row]:
    """A row a series of what was forecast on `then.as_of`, judged by what was known when its last day had passed.

    `forecasts` are rows of insights.forecasts of that Monday, in order; `floor` is last week repeated from that Monday on.
    """
    by_series: dict[tuple[str, str], list[Row]] = {}
    for row in forecasts:
        by_series.setdefault((row["series"], row["category"] or ""), []).append(row)
    rows = []
    for key, days in by_series.items():
        actual = closed.happened(key, np.array([row["forecast_on"].toordinal() for row in days]))
        mean = _column(days, "mean")
        open_ = ~np.isnan(actual)
        unit = naive_error(clipped(then.series[key]), then.calendar.season)
        total, expected = float(actual[open_].sum()), float(mean[open_].sum())
        naive = mase(actual, floor.mean[key], unit) if key in floor.mean and open_.any() else np.nan
        rows.append(
            {"as_of": closed.as_of, "series": key[0], "category": key[1] or None, "forecast_as_of": then.as_of}
            | {"day_count": int(open_.sum()), "forecast": round(expected, 4), "actual": round(total, 4)}
            | {"level": round(expected / total, 6) if total else None, "wape": _rounded(wape(actual, mean))}
            | {"mase": _rounded(mase(actual, mean, unit)) if open_.any() else None, "naive_mase": _rounded(naive)}
            | {f"covered_{name}_count": _covered(actual, days, name) for name in ("80", "95")}
            | {name: days[0][name] for name in ("method", "fitted_as_of", "model_version")}
        )
    return rows


def _column(rows: Sequence[Row], name: str) -> Floats:
    return np.array([np.nan if row[name] is None else row[name] for row in rows], dtype=float)


def _covered(actual: Floats, days: Sequence[Row], name: str) -> int | None:
    low, high = _column(days, f"low_{name}"), _column(days, f"high_{name}")
    return None if np.isnan(low).all() else int(((actual >= low) & (actual <= high)).sum())


def _rounded(value: float) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None
