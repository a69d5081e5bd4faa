"""What all charts share: colours, axes and how they are drawn. Altair's specifications, drawn by vl-convert: the report's as SVG, those
beside checks as pictures for the web UI."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import altair

    Layers = altair.LayerChart | altair.Chart

# Dark and light enough for 3 to 1 beside each other and on white.
INK, ACCENT, SOFT, GREY = "#16324f", "#c2410c", "#9db8d2", "#6b7280"
WIDTH, HEIGHT = 520, 170
PLAIN = {"font": "sans-serif", "background": "transparent", "view": {"stroke": None}}


def svg(chart: "Layers") -> str:
    """A chart as an SVG element."""
    import vl_convert

    return vl_convert.vegalite_to_svg(_spec(chart, PLAIN))


def png(chart: "Layers") -> bytes:
    """A chart as a picture on white."""
    import vl_convert

    return vl_convert.vegalite_to_png(_spec(chart, PLAIN | {"background": "white"}))


def _spec(chart: "Layers", config: dict[str, object]) -> str:
    return json.dumps(chart.to_dict() | {"config": config})


def day_axis(labelled: list[str]) -> "altair.X":
    import altair as alt

    # Days as names, month and day: no chart depends on the time zone of the machine.
    axis = alt.Axis(
        values=labelled,
        labelExpr="slice(datum.label, 5)",
        labelAngle=0,
        labelPadding=8,
        ticks=False,
        domainColor=GREY,
        labelFontSize=14,
    )
    return alt.X("day:O", title=None, axis=axis, scale=alt.Scale(type="point", padding=2))


def value_axis(column: str = "value", shown: str = ",.0f", title: str | None = None) -> "altair.Y":
    import altair as alt

    return alt.Y(
        f"{column}:Q",
        title=title,
        # Shares lie close together, far from nothing.
        scale=alt.Scale(zero=shown != "%"),
        axis=alt.Axis(
            tickCount=4, gridColor="#e5e7eb", domain=False, ticks=False, labelFontSize=14, minExtent=52, format=shown
        ),
    )
