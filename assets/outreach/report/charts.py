"""Charts as static SVG: Altair's specifications, drawn by vl-convert. They carry no words but names and numbers; what they show stands
in their captions and tables, so that they are hidden from screen readers."""

from typing import TYPE_CHECKING

from assets.outreach.report.methods.parts import Days, Pairs, Picture, Ranges, Trend, Weeks
from resources import charts
from resources.charts import ACCENT, HEIGHT, INK, SOFT, WIDTH, day_axis, value_axis

if TYPE_CHECKING:
    import altair

    Layers = altair.LayerChart | altair.Chart

# The first of the letters that are as wide as high.
HAN = "\u2e80"


def svg(picture: Picture, language: int) -> str:
    """A picture as an SVG element; `language` is the place of the names' language in Words."""
    match picture:
        case Weeks():
            chart = _weeks(picture)
        case Days():
            chart = _days(picture)
        case Trend():
            chart = _trend(picture)
        case Pairs():
            chart = _pairs(picture, language)
        case Ranges():
            chart = _ranges(picture, language)
    return charts.svg(chart)


def _weeks(picture: Weeks) -> "Layers":
    import altair as alt

    *_, newest = picture.points
    rows = [{"day": day, "value": value, "is_now": (day, value) == newest} for day, value in picture.points]
    base = alt.Chart(alt.Data(values=rows)).encode(x=day_axis([day for day, _ in picture.points[::-2]]), y=value_axis())
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
    days = day_axis([row["day"] for row in (*past, *future)][::7])
    coming = alt.Chart(alt.Data(values=future)).encode(x=days)
    band = coming.mark_area(color=SOFT, opacity=0.45).encode(y=value_axis("low"), y2="high:Q")
    expected = coming.mark_line(color=ACCENT, strokeWidth=2, strokeDash=[5, 3]).encode(y=value_axis())
    happened = alt.Chart(alt.Data(values=past)).mark_line(color=INK, strokeWidth=2).encode(x=days, y=value_axis())
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
            y=_name_axis(names),
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


def _ranges(picture: Ranges, language: int) -> "Layers":
    import altair as alt

    names = _apart([tuple(name)[language] for name in picture.names])
    rows = [
        {"name": name, "value": value, "low": low, "high": high, "base": base}
        for name, (value, low, high, base) in zip(names, picture.values, strict=True)
    ]
    shown = alt.Axis(format="%" if picture.is_share else ",.0f", tickCount=5, gridColor="#e5e7eb", domain=False)
    across = alt.X("low:Q", title=None, axis=shown, scale=alt.Scale(zero=not picture.is_share))
    base = alt.Chart(alt.Data(values=rows)).encode(y=_name_axis(names))
    interval = base.mark_rule(color=SOFT, strokeWidth=8, strokeCap="round").encode(x=across, x2="high:Q")
    against = base.mark_tick(color=ACCENT, thickness=2.5, size=18).transform_filter("isValid(datum.base)")
    value = base.mark_point(filled=True, opacity=1, size=90, color=INK)
    layers = [interval, against.encode(x="base:Q"), value.encode(x="value:Q")]
    return alt.layer(*layers).properties(width=WIDTH - 160, height=30 * len(names))


def _trend(picture: Trend) -> "Layers":
    import altair as alt

    rows = [{"day": day, "value": value, "low": low, "high": high} for day, value, low, high in picture.points]
    days = day_axis([row["day"] for row in rows[:: -max(1, len(rows) // 7)]])
    base = alt.Chart(alt.Data(values=rows)).encode(x=days)
    band = base.mark_area(color=SOFT, opacity=0.45).encode(y=value_axis("low", "%"), y2="high:Q")
    line = base.mark_line(color=INK, strokeWidth=2, point=alt.OverlayMarkDef(color=INK, size=25))
    return alt.layer(band, line.encode(y=value_axis("value", "%"))).properties(width=WIDTH, height=HEIGHT)


def _name_axis(names: list[str]) -> "altair.Y":
    import altair as alt

    # Browsers set names wider than the drawing measures them.
    axis = alt.Axis(labelLimit=300, minExtent=max(map(_extent, names)), labelFontSize=14, ticks=False, domain=False)
    return alt.Y("name:N", sort=names, title=None, axis=axis)


def _apart(names: list[str]) -> list[str]:
    """The names, none of them longer than a line of the drawing, each different from the others."""
    short = [name if _extent(name) <= 240 else f"{name[: 14 if name > HAN else 26]}…" for name in names]
    return [
        f"{name} {short[:place].count(name) + 1}" if name in short[:place] else name for place, name in enumerate(short)
    ]


def _extent(name: str) -> float:
    """Room for a name, in pixels."""
    return 8 + sum(15 if letter > HAN else 8.5 for letter in name)
