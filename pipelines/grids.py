"""Tables for the terminal: long texts are folded, Chinese ones too, and none is cut; numbers stand to the right."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from rich.panel import Panel
from rich.table import Table as Grid

from resources.shop import Shop

if TYPE_CHECKING:
    from serving.card import Card


def grid(*columns: str, numbers: Collection[str] = (), whole: Collection[str] = (), title: str | None = None) -> Grid:
    """An empty table; the columns among `numbers` are right-aligned, those among `whole` (dates) never folded."""
    made = Grid(title=title)
    for name in columns:
        made.add_column(name, justify="right" if name in numbers else "left", overflow="fold", no_wrap=name in whole)
    return made


def card_grid(card: "Card") -> Panel:
    """The card of a customer: a heading a line, what it says beside it."""
    made = Grid.grid(padding=(0, 2, 0, 0))
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    for heading, lines in card.parts:
        made.add_row(heading, "\n".join(lines))
    return Panel(made, title=card.title, title_align="left", expand=False)


def segments_grid(shop: Shop, rows: list[dict[str, Any]]) -> Grid:
    """The segments of the newest week: name, customers, recency, frequency, spend."""
    as_of = rows[0]["as_of"] if rows else ""
    money = shop.currency or ""
    numbers = [
        "customers",
        "share",
        "recency (days)",
        "purchases",
        *([f"spend ({money})", "of spend"] if money else []),
    ]
    title = f"{shop.name.zh} · {shop.name.en}: 客户分群 customer segments, {as_of}"
    made = grid("分群", "segment", *numbers, numbers=numbers, title=title)
    for row in rows:
        cells = [
            row["segment_zh"],
            row["segment_en"],
            f"{row['customer_count']:,}",
            f"{row['customer_share']:.0%}",
            f"{row['recency_days']:.0f}",
            f"{row['frequency']:.1f}",
        ]
        made.add_row(*cells, *([f"{row['spend']:,.0f}", f"{row['spend_share']:.0%}"] if money else []))
    return made


def list_grid(title: str, rows: list[dict[str, Any]]) -> Grid:
    """One list of products of a customer, with the reason of each."""
    made = grid("#", "product", "score", "source", "why", numbers=("#", "score"), title=title)
    for row in rows:
        product = f"{row['title']}\n{row['product_id']}" if row["title"] else row["product_id"]
        why = f"{row['because_zh']}\n{row['because_en']}"
        made.add_row(
            str(row["position"]), product, "" if row["score"] is None else f"{row['score']:.3f}", row["source"], why
        )
    return made
