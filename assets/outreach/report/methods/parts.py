"""What a section of the report is made of: figures that name their query, sentences around them, tables, charts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from resources.money import amount
from resources.words import Words


@dataclass(frozen=True)
class Figure:
    """A number of the page: its value, how it is read, and the query of figures.sql that gives it; `row` is that query's `$row`."""

    value: float
    text: Words
    query: str
    row: str = ""


@dataclass(frozen=True)
class Sentence:
    """A text with fields in braces, and what stands in them: figures, sentences, words, or a text of the shop's own."""

    words: Words
    fields: Mapping[str, "Figure | Sentence | Words | str"] = field(default_factory=dict)

    @property
    def plain(self) -> Words:
        return self.words.format(**{name: _plain(what) for name, what in self.fields.items()})

    @property
    def figures(self) -> list[Figure]:
        return [figure for what in self.fields.values() for figure in figures_of(what)]


Cell = Figure | Sentence | Words | str | None


def figures_of(cell: Cell) -> list[Figure]:
    return [cell] if isinstance(cell, Figure) else cell.figures if isinstance(cell, Sentence) else []


def _plain(what: "Figure | Sentence | Words | str") -> Words | str:
    return what.text if isinstance(what, Figure) else what.plain if isinstance(what, Sentence) else what


@dataclass(frozen=True)
class Grid:
    """A table: what it shows, its columns, and its rows, the first cell of which names the row."""

    caption: Words
    columns: Sequence[Words]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Weeks:
    """A line of weeks, and the usual range as a band."""

    points: Sequence[tuple[str, float]]
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Days:
    """What happened by day, and what is forecast: day, expected value, lower and upper end."""

    happened: Sequence[tuple[str, float]]
    expected: Sequence[tuple[str, float, float, float]]


@dataclass(frozen=True)
class Pairs:
    """Two shares (0 to 1) a name, as bars beside each other."""

    names: Sequence[Words]
    series: tuple[Words, Words]
    values: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Ranges:
    """A value a name with the lower and upper end of its interval, and what to hold it against where there is such a thing."""

    names: Sequence[Words]
    values: Sequence[tuple[float, float, float, float | None]]
    is_share: bool = False


@dataclass(frozen=True)
class Trend:
    """A share (0 to 1) by week with the lower and upper end of its interval."""

    points: Sequence[tuple[str, float, float, float]]


Picture = Weeks | Days | Pairs | Ranges | Trend


@dataclass(frozen=True)
class Chart:
    """A picture with what it shows in words; its numbers stand in the table `grid`."""

    caption: Words
    picture: Picture
    grid: Grid


@dataclass(frozen=True)
class Quote:
    """What somebody wrote, and what it is about."""

    about: Words
    text: str


@dataclass(frozen=True)
class Section:
    """A part of the page. Its first sentence also stands at the top of the page."""

    key: str
    title: Words
    sentences: Sequence[Sentence]
    charts: Sequence[Chart] = ()
    grids: Sequence[Grid] = ()
    quotes: Sequence[Quote] = ()
    rules: Sequence[Words] = ()
    """How to read it: what the words of the section mean."""

    @property
    def queries(self) -> list[str]:
        """The queries that its figures name, in the order of the page."""
        cells: list[Cell] = [*self.sentences]
        for grid in (*(chart.grid for chart in self.charts), *self.grids):
            cells += [cell for row in grid.rows for cell in row]
        named: dict[str, None] = {}
        for figure in (figure for cell in cells for figure in figures_of(cell)):
            named[figure.query] = None
        return list(named)


def say(zh: str, en: str, **fields: Figure | Sentence | Words | str) -> Sentence:
    return Sentence(Words(zh, en), fields)


def count(value: float, query: str, row: object = "") -> Figure:
    """1,234"""
    shown = f"{value:,.0f}"
    return Figure(float(value), Words(shown, shown), query, str(row))


def share(value: float, query: str, row: object = "") -> Figure:
    """12%; below ten in a hundred with a decimal."""
    shown = percent(value)
    return Figure(float(value), Words(shown, shown), query, str(row))


def money(value: float, currency: str | None, query: str, row: object = "") -> Figure:
    """1,477 元, CNY 1,477"""
    return Figure(float(value), amount(float(value), currency), query, str(row))


def percent(value: float) -> str:
    return f"{value:.1%}" if 0 < abs(value) < 0.1 else f"{value:.0%}"


def noun(value: float, one: str, many: str = "") -> Words:
    """The English noun of a count; Chinese has one form, which stands in the sentence."""
    return Words("", one if value == 1 else many or f"{one}s")


def listed(parts: Sequence[Words]) -> Words:
    """Names one after the other: 甲、乙; a, b."""
    return Words.join(parts, Words("、", ", "))
