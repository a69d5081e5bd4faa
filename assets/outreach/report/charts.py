"""Charts as static SVG: Altair's specifications, drawn by vl-convert. They carry no words but names and numbers; what they show stands
in their captions and tables, so that they are hidden from screen readers."""

import json
from typing import TYPE_CHECKING

from assets.outreach.report.methods.parts import Days, Pairs, Weeks

if TYPE_CHECKING:
    import altair

    Layers = altair.LayerChart | altair.Chart

# Dark and light enough for 3 to 1 beside each other and on white.
INK, ACCENT, SOFT, GREY = "#16324f", "#c2410c", "#9db8d2", "#6b7280"
WIDTH, HEIGHT = 520, 170


def svg(picture: Weeks | Days | Pairs, language: int) -> str:
    """A picture as an SVG element; `language` is the place of the names' language in Words."""
    import vl_convert

    if isinstance(picture, Weeks):
        chart = _weeks(picture)
    else:
        chart = _days(picture) if isinstance(picture, Days) else _pairs(picture, language)
    plain = {"font": "sans-serif", "background": "transparent", "view": {"stroke": None}}
    return vl_convert.vegalite_to_svg(json.dumps(chart.to_dict() | {"config": plain}))


def _weeks(picture: Weeks) -> "Layers":
    import altair as alt

    *_, newest = picture.points
    rows = [{"day": day, "value": value, "is_now": (day, value) == newest} for day, value in picture.points]
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=_day_axis([day for day, _ in picture.points[::-2]]), y=_value_axis()
    )
    line = base.mark_line(color=INK, strokeWidth=2)
    points = base.mark_point(filled=True, opacity=1).encode(
        color=alt.condition("datum.is_now", alt.value(ACCENT), alt.value(INK)),
        size=alt.condition("datum.is_now", alt.value(90), alt.value(25)),
    )
    layers = [line, points]
    if picture.low is not None:
        band = alt.Chart(alt.Data(values=[{"low": picture.low, "high": picture.high}]))
        layers.insert(0, band.mark_rect(color=SOFT, opacity=0.45).encode(y="low:Q", y2="high:Q"))
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)


def _days(picture: Days) -> "Layers":
    import altair as alt

    past = [{"day": day, "value": value} for day, value in picture.happened]
    future = [{"day": day, "value": mean, "low": low, "high": high} for day, mean, low, high in picture.expected]
    days = _day_axis([row["day"] for row in (*past, *future)][::7])
    coming = alt.Chart(alt.Data(values=future)).encode(x=days)
    band = coming.mark_area(color=SOFT, opacity=0.45).encode(y=_value_axis("low"), y2="high:Q")
    expected = coming.mark_line(color=ACCENT, strokeWidth=2, strokeDash=[5, 3]).encode(y=_value_axis())
    happened = alt.Chart(alt.Data(values=past)).mark_line(color=INK, strokeWidth=2).encode(x=days, y=_value_axis())
    return alt.layer(band, happened, expected).properties(width=WIDTH, height=HEIGHT)


def _pairs(picture: Pairs, language: int) -> "Layers":
    import altair as alt

    names = [tuple(name)[language] for name in picture.names]
    series = [tuple(name)[language] for name in picture.series]
    rows = [
        {"name": name, "series": which, "value": value}
        for name, pair in zip(names, picture.values, strict=True)
        for which, value in zip(series, pair, strict=True)
    ]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_bar()
        .encode(
            y=alt.Y(
                "name:N",
                sort=names,
                title=None,
                # Browsers set names wider than the drawing measures them.
                axis=alt.Axis(
                    labelLimit=300, minExtent=max(map(_extent, names)), labelFontSize=14, ticks=False, domain=False
                ),
            ),
            yOffset=alt.YOffset("series:N", sort=series),
            x=alt.X("value:Q", title=None, axis=alt.Axis(format="%", tickCount=5, gridColor="#e5e7eb", domain=False)),
            color=alt.Color(
                "series:N",
                sort=series,
                scale=alt.Scale(domain=series, range=[SOFT, INK]),
                legend=alt.Legend(title=None, orient="top", labelFontSize=14, columnPadding=40),
            ),
        )
        .properties(width=WIDTH - 160, height=38 * len(names))
    )


def _extent(name: str) -> float:
    """Room for a name, in pixels."""
    return 8 + sum(15 if letter > "\u2e80" else 8.5 for letter in name)


def _day_axis(labelled: list[str]) -> "altair.X":
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


def _value_axis(column: str = "value") -> "altair.Y":
    import altair as alt

    return alt.Y(
        f"{column}:Q",
        title=None,
        scale=alt.Scale(zero=True),
        axis=alt.Axis(
            tickCount=4, gridColor="#e5e7eb", domain=False, ticks=False, labelFontSize=14, minExtent=52, format=",.0f"
        ),
    )
