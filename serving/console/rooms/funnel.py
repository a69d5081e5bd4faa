"""From looking to buying: how many visits come to the cart and to an order, of the shop, by channel and by category."""

from assets.outreach.report.methods import sold
from assets.outreach.report.methods.parts import Cell, Grid, Section, count, share
from assets.outreach.report.reads import Reads
from resources.words import Words
from serving.console.parts import Row, between, rows

SHOP, NO_CHANNEL = Words("全店", "The shop"), Words("没有渠道", "No channel")
CUTS = {"shop": Words("合计", "In all"), "channel": Words("渠道", "Channel"), "category": Words("品类", "Category")}
DROP = Words("有一步明显下滑", "a step fell clearly")
COLUMNS = (
    Words("范围", "Of"),
    Words("按", "By"),
    Words("浏览商品的访问", "Visits with a view"),
    Words("浏览后加购", "Cart after a view"),
    Words("加购后下单", "Order after the cart"),
    Words("转化率", "Conversion"),
    Words("95% 区间", "95% interval"),
    Words("预警", "Warning"),
)
MORE = Words(
    "各渠道相加等于全店；一次访问浏览过几个品类，就在几个品类里各计一次，品类之间不能相加。",
    "Channels add up to the shop. A visit counts in each category that it viewed, so categories do not add up.",
)


def section(reads: Reads) -> Section | None:
    """The section; None in a shop without events, or a week without a visit."""
    found, said = rows(reads, "products_funnel"), sold.converted(reads.rows("funnel"), reads.as_of)
    if not found or said is None:
        return None
    caption = Words("上周的访问走到了哪一步", "How far the visits of the week came")
    return Section(
        "funnel",
        Words("从浏览到下单", "From looking to buying"),
        [said],
        grids=[Grid(caption, COLUMNS, [_cells(row) for row in found])],
        rules=[sold.VISITS, MORE],
    )


def _cells(row: Row) -> list[Cell]:
    key, name = row["key"], row["name"]
    shares: list[Cell] = [
        None if row[column] is None else share(row[column], f"products.{column}", key)
        for column in ("carted", "ordered", "conversion")
    ]
    ends = (share(row[f"conversion_{end}"], f"products.conversion_{end}", key) for end in ("low", "high"))
    return [
        SHOP if row["cut"] == "shop" else name or NO_CHANNEL,
        CUTS[row["cut"]],
        count(row["visits"], "products.visits", key),
        *shares,
        between(*ends),
        DROP if row["is_drop"] else None,
    ]
