"""The page: sections as one HTML file with both languages in it, which needs no script and nothing from elsewhere."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from assets.outreach.report.cells import figure, own, said
from assets.outreach.report.charts import svg
from assets.outreach.report.methods.parts import Cell, Chart, Pairs, Ranges, Section
from resources.shop import Shop
from resources.words import Words, language_of

HERE = Path(__file__).parent
LANGUAGES = ("zh", "en")


def page(sections: Sequence[Section], shop: Shop, as_of: date, version: str, queries: Mapping[str, str]) -> str:
    """The HTML of the report: the language of the shop's locale is shown first, the other by a switch."""
    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FileSystemLoader(HERE),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals |= {"both": both, "cell": _cell, "draw": _draw, "words": Words}
    return environment.get_template("page.html.j2").render(
        sections=sections,
        name=shop.name,
        first=language_of(shop.locale),
        as_of=as_of,
        week=(as_of - timedelta(days=7), as_of - timedelta(days=1)),
        version=version,
        queries=queries,
        style=Markup((HERE / "report.css").read_text(encoding="utf-8")),
    )


def both(text: Words) -> Markup:
    """A text in both languages, of which the page shows one."""
    return _pair([escape(each) for each in text])


def _cell(what: Cell) -> Markup:
    """A cell of a table or a field of a sentence, in both languages where they differ."""
    if what is None:
        return Markup("–")
    if isinstance(what, str):
        return own(what)
    if isinstance(what, Words):
        return both(what)
    parts = [said(what, language, figure) for language in range(len(LANGUAGES))]
    return parts[0] if len(set(parts)) == 1 else _pair(parts)


def _pair(parts: Sequence[Markup]) -> Markup:
    return Markup("").join(
        Markup('<span lang="{}">{}</span>').format(language, part)
        for language, part in zip(LANGUAGES, parts, strict=True)
    )


def _draw(chart: Chart) -> Markup:
    """The picture of a chart; one a language where it carries names."""
    if not isinstance(chart.picture, Pairs | Ranges):
        return Markup(svg(chart.picture, 0))
    return Markup("").join(
        Markup('<span lang="{}">{}</span>').format(language, Markup(svg(chart.picture, place)))
        for place, language in enumerate(LANGUAGES)
    )
