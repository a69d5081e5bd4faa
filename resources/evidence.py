"""What a check shows beside its verdict, as data, and how the web UI draws it: numbers, tables and charts."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from resources.charts import ACCENT, GREY, HEIGHT, INK, SOFT, WIDTH, day_axis, png, value_axis
from resources.fitted import Fitted

if TYPE_CHECKING:
    import altair
    from dagster import MarkdownMetadataValue

    from resources.charts import Layers


@dataclass(frozen=True)
class Calibration:
    """Predicted against realised, a point a bin: `predicted`, `realised`, `count`. On the diagonal they agree."""

    bins: Sequence[Mapping[str, float]]


@dataclass(frozen=True)
class Band:
    """What was forecast, with its interval, and what happened (NaN where it has not yet), by day."""

    days: Sequence[date]
    actual: Sequence[float]
    mean: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    ylabel: str


@dataclass(frozen=True)
class Evidence:
    """`figures` are numbers and sentences by name, `tables` rows by name, `charts` by name."""

    figures: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    charts: "Mapping[str, Calibration | Band]" = field(default_factory=dict)

    def metadata(self) -> dict[str, Any]:
        """As Dagster's metadata: numbers, which the web UI plots over time, and markdown."""
        shown = {name: value for name, value in self.figures.items() if value is not None}
        shown |= {name: _markdown_of(markdown(rows)) for name, rows in self.tables.items()}
        return shown | {
            name: _picture_of(_calibration_chart(chart) if isinstance(chart, Calibration) else _band_chart(chart))
            for name, chart in self.charts.items()
        }


def evidence_of(fitted: Fitted, shows: Sequence[str] | None = None) -> Evidence:
    """What a fit showed on its hold-out: of its tables those named in `shows`, or all, with its calibration."""
    metrics = fitted.metrics
    about = {"fitted_as_of": fitted.fitted_as_of.isoformat(), "method": fitted.method, "reason": metrics.reason}
    return Evidence(
        about | dict(metrics.figures),
        {name: rows for name, rows in metrics.holdout.items() if shows is None or name in shows},
        {"calibration": Calibration(metrics.calibration)} if metrics.calibration and shows is None else {},
    )


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as a markdown table, with the columns of all of them; figures to four significant digits."""
    if not rows:
        return "–"
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = [columns, [":--" if isinstance(rows[0].get(column), str) else "--:" for column in columns]]
    lines += [[_cell(row.get(column)) for column in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _calibration_chart(chart: Calibration) -> "Layers":
    import altair as alt

    end = max([1e-9, *(value for bin_ in chart.bins for value in (bin_["predicted"], bin_["realised"]))])
    ends = [{"predicted": value, "realised": value, "series": "as predicted"} for value in (0, end)]
    bins = [{**bin_, "series": "mean of a bin"} for bin_ in chart.bins]
    place = {
        "x": alt.X("predicted:Q", title="predicted"),
        "y": alt.Y("realised:Q", title="realised"),
        "color": _colour({"as predicted": GREY, "mean of a bin": INK}),
    }
    line = alt.Chart(alt.Data(values=ends)).mark_line(strokeWidth=1).encode(**place)
    points = alt.Chart(alt.Data(values=bins)).mark_point(filled=True, opacity=1)
    points = points.encode(size=alt.Size("count:Q", legend=None), **place)
    return alt.layer(line, points).properties(width=WIDTH, height=HEIGHT)


def _band_chart(chart: Band) -> "Layers":
    import altair as alt

    rows = [
        {
            "day": day.isoformat(),
            "low": low,
            "high": high,
            "forecast": mean,
            "actual": None if actual != actual else actual,
        }
        for day, low, high, mean, actual in zip(
            chart.days, chart.low, chart.high, chart.mean, chart.actual, strict=True
        )
    ]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=day_axis([row["day"] for row in rows][:: len(rows) // 8 + 1]),
        color=_colour({"interval": SOFT, "forecast": ACCENT, "actual": INK}),
    )
    band = base.transform_calculate(series="'interval'").mark_area(opacity=0.45)
    forecast = base.transform_calculate(series="'forecast'").mark_line(strokeWidth=2, strokeDash=[5, 3])
    actual = base.transform_calculate(series="'actual'").mark_line(strokeWidth=2, point=True)
    return alt.layer(
        band.encode(y=value_axis("low", title=chart.ylabel), y2="high:Q"),
        forecast.encode(y=value_axis("forecast", title=chart.ylabel)),
        actual.encode(y=value_axis("actual", title=chart.ylabel)),
    ).properties(width=WIDTH, height=HEIGHT)


def _colour(colours: Mapping[str, str]) -> "altair.Color":
    import altair as alt

    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    return alt.Color("series:N", scale=scale, legend=alt.Legend(title=None, orient="top"))


def _picture_of(chart: "Layers") -> "MarkdownMetadataValue":
    return _markdown_of(f"![chart](data:image/png;base64,{base64.b64encode(png(chart)).decode()})")


def _markdown_of(text: str) -> "MarkdownMetadataValue":
    import dagster as dg

    return dg.MetadataValue.md(text)


def _cell(value: Any) -> str:
    if value is None or value != value:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
