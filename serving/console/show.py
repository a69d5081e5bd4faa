"""How pages become HTML: one environment of templates a language, everything escaped that is not our own markup."""

import hashlib
import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2
from markupsafe import Markup, escape

from assets.outreach.report.cells import own, said
from assets.outreach.report.charts import svg
from assets.outreach.report.methods.parts import Cell, Chart, Figure, Grid, Sentence
from resources.words import Words
from serving.console import words
from serving.console.parts import Link

HERE = Path(__file__).parent
STATIC = HERE / "static"
LANGUAGES = ("zh", "en")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


def html(template: str, language: str, draw: Callable[[Chart], Markup], **content: Any) -> str:
    """A page in one language. `draw` gives the picture of a chart."""
    return _environment(language).get_template(template).render(draw=draw, **content)


@cache
def _environment(language: str) -> jinja2.Environment:
    place = LANGUAGES.index(language)

    def cell(what: Cell | Link) -> Markup:
        if isinstance(what, Link):
            return Markup('<a href="{}">{}</a>').format(what.address, cell(what.text))
        if isinstance(what, str) and DAY.fullmatch(what):
            return Markup('<time datetime="{0}">{0}</time>').format(what)
        return Markup("–") if what is None else said(what, place, _linked)

    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals |= {
        "t": lambda text: escape(tuple(text)[place]),
        "cell": cell,
        "own": own,
        "words": words,
        "Words": Words,
        "language": language,
        "numeric": _numeric,
        "static": static_address,
        "urlencode": lambda **asked: Markup(escape(urlencode(asked))),
    }
    return environment


def _linked(figure: Figure, text: str) -> Markup:
    """A figure, one click from its query."""
    asked = f"?{urlencode({'row': figure.row})}" if figure.row else ""
    return Markup(
        '<a class="figure" href="/console/queries/{}{}"><data value="{}" data-query="{}">{}</data></a>'
    ).format(figure.query, asked, f"{figure.value:.6f}".rstrip("0").rstrip("."), figure.query, text)


def _numeric(grid: Grid) -> list[bool]:
    """Which columns of a table hold numbers only, and are set to the right."""
    columns = enumerate(zip(*grid.rows, strict=True))
    return [place > 0 and any(column) and all(map(_is_number, column)) for place, column in columns]


def _is_number(cell: Cell) -> bool:
    if isinstance(cell, Sentence):
        is_bare = not re.search(r"[^\W\d_]", re.sub(r"{\w+}", "", cell.words.en))
        return is_bare and all(map(_is_number, cell.fields.values()))
    return cell is None or isinstance(cell, Figure) or (isinstance(cell, Words) and cell.en[:1] in "+-–0123456789")


def drawn(chart: Chart, language: str) -> Markup:
    """The picture of a chart. Its styles are attributes of SVG, which the pages' policy lets through."""
    # Altair asks pandas what it is where that is imported, also while another thread is still at it: that is waited for.
    import_module("pandas")
    return Markup(svg(chart.picture, LANGUAGES.index(language)))


@cache
def _hashed() -> dict[str, str]:
    """The name of each static file with the hash of what it holds in it."""
    found: dict[str, str] = {}
    for file in sorted(STATIC.iterdir()):
        mark = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
        found[file.name] = f"{file.stem}.{mark}{file.suffix}"
    return found


def static_address(name: str) -> str:
    return f"/static/{_hashed()[name]}"


@cache
def static_files() -> dict[str, tuple[bytes, str]]:
    """By the name that an address has: what a file holds, and its kind."""
    return {address: ((STATIC / name).read_bytes(), KINDS[Path(name).suffix]) for name, address in _hashed().items()}


def picker(held: Callable[[str, Callable[[], Markup]], Markup], language: str) -> Callable[[Chart], Markup]:
    """What draws a chart once: the same picture is the same drawing."""

    def draw(chart: Chart) -> Markup:
        return held(f"{language} {chart.picture!r}", lambda: drawn(chart, language))

    return draw
