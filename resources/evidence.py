"""What a check shows beside its verdict, as data, and how the web UI draws it: numbers, tables and charts."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from resources.fitted import Fitted

if TYPE_CHECKING:
    from dagster import MarkdownMetadataValue
    from matplotlib.axes import Axes

WIDTH, HEIGHT, DPI = 6.4, 3.2, 110


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
            name: _calibration_chart(chart) if isinstance(chart, Calibration) else _band_chart(chart)
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


def _calibration_chart(chart: Calibration) -> "MarkdownMetadataValue":
    bins = chart.bins
    largest = max((bin_["count"] for bin_ in bins), default=1) or 1

    def draw(axes: "Axes") -> None:
        end = max([1e-9, *(value for bin_ in bins for value in (bin_["predicted"], bin_["realised"]))])
        axes.plot([0, end], [0, end], color="0.7", linewidth=1, label="as predicted")
        axes.scatter(
            [bin_["predicted"] for bin_ in bins],
            [bin_["realised"] for bin_ in bins],
            s=[20 + 80 * bin_["count"] / largest for bin_ in bins],
            label="mean of a bin",
        )
        axes.set_xlabel("predicted")
        axes.set_ylabel("realised")
        axes.legend(frameon=False)

    return _drawn(draw)


def _band_chart(chart: Band) -> "MarkdownMetadataValue":
    def draw(axes: "Axes") -> None:
        axes.fill_between(chart.days, chart.low, chart.high, alpha=0.25, label="interval")
        axes.plot(chart.days, chart.mean, linewidth=1.5, label="forecast")
        axes.plot(chart.days, chart.actual, color="black", linewidth=1, marker=".", label="actual")
        axes.set_ylabel(chart.ylabel)
        axes.tick_params(axis="x", rotation=30)
        axes.legend(frameon=False)

    return _drawn(draw)


def _drawn(draw: Any) -> "MarkdownMetadataValue":
    # Not pyplot: its state would outlive the step.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, layout="tight")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    draw(axes)
    axes.spines[["top", "right"]].set_visible(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return _markdown_of(f"![chart](data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()})")


def _markdown_of(text: str) -> "MarkdownMetadataValue":
    import dagster as dg

    return dg.MetadataValue.md(text)


def _cell(value: Any) -> str:
    if value is None or value != value:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
