"""What a check shows beside its verdict: tables and charts, as markdown that the web UI draws."""

import base64
import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster import MarkdownMetadataValue

from resources.registry import Fitted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT, DPI = 6.4, 3.2, 110


def fit_notes(fits: Sequence[Fitted], unfitted: Sequence[date], lacking: str, what: str) -> dict[str, Any]:
    """What the step of a weekly table says of its fits: the newest, and up to when weeks have no `what` with what is `lacking`."""
    notes: dict[str, Any] = {}
    if fits:
        newest = fits[-1]
        said = {"fitted_as_of": newest.fitted_as_of.isoformat(), "method": newest.method, "in_force": newest.in_force}
        notes["newest_fit"] = dg.MetadataValue.json(said | newest.metrics)
    if unfitted:
        notes["not_enough_history"] = f"{lacking}; weeks up to {unfitted[-1]} have no {what}"
    return notes


def table(rows: Sequence[Mapping[str, Any]]) -> MarkdownMetadataValue:
    """Rows as a markdown table, with the columns of the first; figures to four significant digits."""
    return dg.MetadataValue.md(markdown(rows))


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "–"
    columns = list(rows[0])
    lines = [columns, [":--" if isinstance(rows[0][column], str) else "--:" for column in columns]]
    lines += [[_cell(row.get(column)) for column in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def calibration_chart(bins: Sequence[Mapping[str, float]], *, unit: str = "probability") -> MarkdownMetadataValue:
    """Predicted against realised, a point a bin: `predicted`, `realised`, `count`. On the diagonal they agree."""
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
        axes.set_xlabel(f"predicted {unit}")
        axes.set_ylabel(f"realised {unit}")
        axes.legend(frameon=False)

    return _drawn(draw)


def bar_chart(values: Mapping[str, float], *, xlabel: str) -> MarkdownMetadataValue:
    """A horizontal bar a name, in the order given from the top."""

    def draw(axes: "Axes") -> None:
        axes.barh(list(values)[::-1], list(values.values())[::-1])
        axes.set_xlabel(xlabel)

    return _drawn(draw)


def band_chart(
    days: Sequence[Any],
    actual: Sequence[float],
    mean: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    *,
    ylabel: str,
) -> MarkdownMetadataValue:
    """What was forecast, with its interval, and what happened (NaN where it has not yet), by day."""

    def draw(axes: "Axes") -> None:
        axes.fill_between(days, low, high, alpha=0.25, label="interval")
        axes.plot(days, mean, linewidth=1.5, label="forecast")
        axes.plot(days, actual, color="black", linewidth=1, marker=".", label="actual")
        axes.set_ylabel(ylabel)
        axes.tick_params(axis="x", rotation=30)
        axes.legend(frameon=False)

    return _drawn(draw)


def _drawn(draw: Any) -> MarkdownMetadataValue:
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
    return dg.MetadataValue.md(f"![chart](data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()})")


def _cell(value: Any) -> str:
    if value is None or value != value:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
