"""What the terminal shows at 80 columns: everything, Chinese in whole characters, and how far a command is."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from pipelines.bars import Whole
from pipelines.grids import card_grid, grid, list_grid
from serving.card import Card

LONG = "近期活跃、高频、高消费客户，最近一次购买了「山野集 燕麦片 基础款」和「粒粒香 咖啡滤纸 尊享装」，预计未来三个月还会再来"
PRODUCT = {
    "position": 1, "title": "粒粒香 咖啡滤纸 尊享装（大包装，适合全家使用的经济款）", "product_id": "p0109", "score": 3.5734,
    "source": "collaborative", "because_zh": f"因为您买过{LONG}", "because_en": "Because you bought “oat flakes” and “coffee filters”",
}  # fmt: skip


def table(text: str) -> RenderableType:
    made = grid("分群", "segment", "customers", numbers=("customers",))
    made.add_row(text, "Recent, frequent, high-spending customers", "1,234")
    return made


@pytest.mark.parametrize(
    ("shown", "texts"),
    [
        (table(LONG), [LONG, "1,234"]),
        (card_grid(Card("c000146 · 演示商店", (("流失风险", (LONG,)), ("下一步", (LONG, "推荐"))))), [LONG, "推荐"]),
        (list_grid("新发现", [PRODUCT]), [PRODUCT["title"], PRODUCT["because_zh"], PRODUCT["because_en"], "3.573"]),
    ],
    ids=["table", "card", "list"],
)
def test_texts_are_folded_at_80_columns_and_none_is_cut(shown: RenderableType, texts: list[str]) -> None:
    out = io.StringIO()
    Console(file=out, width=80).print(shown)
    lines = out.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert "…" not in out.getvalue()
    # By column: what stands in it, one line after the other.
    columns = ["".join(cells) for cells in zip(*(_cells(line) for line in lines if "│" in line), strict=True)]
    whole = "".join("".join(columns).split())
    for text in texts:
        assert "".join(text.split()) in whole


def _cells(line: str) -> list[str]:
    inner = line.strip().strip("│").split("│")
    # In a card the heading stands in the first eight cells.
    return inner if len(inner) > 1 else [_cut(inner[0], 11, before=True), _cut(inner[0], 11, before=False)]


def _cut(text: str, width: int, *, before: bool) -> str:
    taken = ""
    for sign in text:
        if cell_len(taken + sign) > width:
            break
        taken += sign
    return taken if before else text[len(taken) :]


def test_numbers_stand_to_the_right() -> None:
    made = grid("table", "rows", numbers=("rows",))
    made.add_row("raw.orders", "9")
    made.add_row("clean.orders", "1,234")
    out = io.StringIO()
    Console(file=out, width=80).print(made)
    assert "│     9 │" in out.getvalue()


def test_a_command_says_how_far_it_is_as_a_whole() -> None:
    """Each table counts alike, by the largest share that was told: files are counted before partitions are."""
    whole = Whole({"raw.orders", "clean.orders", "features.customers", "insights.rfm"})
    for what, done, total in (("raw.orders", 9, 9), ("raw.orders", 0, 2), ("clean.orders", 1, 2), ("a fit", 5, 5)):
        whole.hear(what, done, total)
    assert whole.done == 1.5
    whole.hear("clean.orders", 2, 2)
    assert whole.line().startswith("0:00 clean.orders 2/2 · 2 of 4 tables, about 0:0")
    alone = Whole(())
    alone.hear("draw", 1, 3)
    assert alone.line() == "0:00 draw 1/3"
