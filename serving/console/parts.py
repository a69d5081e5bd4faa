"""What pages of the console are made of beside the report's sections: links, searches, tables sorted by a link."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlencode

from starlette.responses import Response, StreamingResponse

from assets.outreach.report.methods.parts import Figure, Sentence, say
from assets.outreach.report.reads import Reads
from resources.words import Words

SQL = Path(__file__).parent / "sql"
FIGURES = Path(__file__).parent / "figures"
PIECE = 1 << 16

# What is recommended, what is due first.
LISTS = {"rebuy": Words("该复购了", "Due to buy again"), "discover": Words("可能喜欢", "May like")}
# What customers are sorted by.
SORTED = {
    "clv_12m": Words("未来 12 个月价值", "Value in 12 months"),
    "p_churn": Words("流失概率", "Probability of leaving"),
    "spend": Words("累计消费", "Spent so far"),
    "recency_days": Words("最近购买", "Last purchase"),
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Link:
    """A cell or the head of a column that leads elsewhere. `order`: descending or ascending, where its table is sorted by the column."""

    text: Words | str
    address: str
    order: str = ""


@dataclass(frozen=True)
class Find:
    """A search: where its form leads, the name of what is asked, and what stands in it."""

    address: str
    name: str
    value: str
    label: Words
    hint: Words
    button: Words = Words("查找", "Find")


def rows(reads: Reads, name: str, **asked: str) -> list[Row]:
    """The rows of a file of sql/; what is asked of them are its variables."""
    return reads.rows(SQL / f"{name}.sql", **asked)


def between(low: Figure, high: Figure) -> Sentence:
    """The ends of an interval."""
    return say("{low} – {high}", "{low} – {high}", low=low, high=high)


def product(product_id: str, title: str | None) -> Link:
    """A product by its title, one click from its page."""
    return Link(title or product_id, f"/console/products/{quote(product_id, safe='')}")


def head(text: Words, sort: str, chosen: str, turned: str = "", *, name: str) -> Link:
    """The head of a column that sorts the table of section `name`: by `sort` the most first, by `turned` the least first."""
    order = {turned: "ascending", sort: "descending"}.get(chosen, "")
    following = turned if turned and chosen == sort else sort or turned
    return Link(text, f"?{urlencode({name: following})}#{name}", order)


def chosen(asked: Mapping[str, str], keys: Sequence[str], name: str) -> str:
    """What the address sorts by; the first where it names none of them."""
    return found if (found := asked.get(name, "")) in keys else keys[0]


def sent(file: IO[bytes], plain: str, called: str, kind: str) -> Response:
    """A file as a download under a name, `plain` for programs that read no other; closed when it is sent."""

    def pieces() -> Iterator[bytes]:
        with file:
            while piece := file.read(PIECE):
                yield piece

    headers = {"content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(called)}"}
    return StreamingResponse(pieces(), headers=headers, media_type=kind)
