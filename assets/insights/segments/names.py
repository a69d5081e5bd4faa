"""Names of segments for shop people, in Chinese and English, by rule.

Each segment's mean recency, frequency and spend, in standard deviations of the population (log scale), is read as high,
middle or low, and the cell is looked up in a table written by hand in both languages. Segments of one cell are told
apart by the measure in which they differ most. A name says where a segment stands among this shop's customers on this
day; it promises nothing about another shop, and the same segment may earn another name at the next fit. "New" is said
only where the segment's customers are in fact new (when the age of the account is known).
"""

from collections.abc import Mapping
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd

BAND = 0.4


class Name(NamedTuple):
    zh: str
    en: str


# Rows: recency (recent, cooling, dormant); within: frequency high to low; then spend high to low.
_LEVELS = (1, 0, -1)
_RFM: dict[tuple[int, ...], Name] = dict(
    zip(
        product(_LEVELS, _LEVELS, _LEVELS),
        (
            Name("忠诚高价值客户", "Champions"),
            Name("活跃忠诚客户", "Loyal regulars"),
            Name("活跃小额常客", "Frequent small-basket buyers"),
            Name("活跃高消费客户", "Active big spenders"),
            Name("活跃普通客户", "Active mainstream customers"),
            Name("活跃小额客户", "Active small spenders"),
            Name("高消费新客户", "Big-spending new customers"),
            Name("潜力新客户", "Promising new customers"),
            Name("新客户", "New customers"),
            Name("降温中的高价值客户", "High-value customers cooling off"),
            Name("降温中的常客", "Regulars cooling off"),
            Name("降温中的小额常客", "Small-basket regulars cooling off"),
            Name("降温中的高消费客户", "Big spenders cooling off"),
            Name("普通客户", "Mainstream customers"),
            Name("小额普通客户", "Modest spenders"),
            Name("低频高消费客户", "Occasional big spenders"),
            Name("低频客户", "Occasional customers"),
            Name("低频小额客户", "Occasional small spenders"),
            Name("沉睡高价值客户", "Dormant champions"),
            Name("沉睡常客", "Dormant regulars"),
            Name("沉睡小额常客", "Dormant small-basket regulars"),
            Name("沉睡高消费客户", "Dormant big spenders"),
            Name("沉睡普通客户", "Dormant mainstream customers"),
            Name("沉睡小额客户", "Dormant small spenders"),
            Name("流失高消费客户", "Lapsed big spenders"),
            Name("流失低频客户", "Lapsed occasional customers"),
            Name("流失低价值客户", "Lapsed low-value customers"),
        ),
        strict=True,
    )
)
_RF: dict[tuple[int, ...], Name] = dict(
    zip(
        product(_LEVELS, _LEVELS),
        (
            Name("忠诚客户", "Loyal customers"),
            Name("活跃客户", "Active customers"),
            Name("新客户", "New customers"),
            Name("降温中的常客", "Regulars cooling off"),
            Name("普通客户", "Mainstream customers"),
            Name("低频客户", "Occasional customers"),
            Name("沉睡常客", "Dormant regulars"),
            Name("沉睡客户", "Dormant customers"),
            Name("流失客户", "Lapsed customers"),
        ),
        strict=True,
    )
)
# Recent and seldom, but with the shop for long: returning, not new.
_NOT_NEW = {
    "高消费新客户": Name("近期回访高消费客户", "Recently returned big spenders"),
    "潜力新客户": Name("近期回访客户", "Recently returned customers"),
    "新客户": Name("近期回访低频客户", "Recent occasional buyers"),
}
# From the lowest to the highest value of the measure.
_QUALIFIERS = {
    "spend": (Name("消费较低", "lower spend"), Name("消费居中", "middle spend"), Name("消费较高", "higher spend")),
    "frequency": (
        Name("购买较少", "buy less often"),
        Name("次数居中", "middle frequency"),
        Name("购买较多", "buy more often"),
    ),
    "recency": (
        Name("久未购买", "bought longer ago"),
        Name("时间居中", "in between"),
        Name("购买较近", "bought more recently"),
    ),
}


def name_segments(profile: pd.DataFrame) -> list[Name]:
    """One name a row of `profile`: columns recency (high = bought lately), frequency, and where known spend and tenure
    (high = old account), each in standard deviations from the population's mean."""
    names = [_cell(row) for row in profile.to_dict("records")]
    for name in dict.fromkeys(names):
        twins = [i for i, other in enumerate(names) if other == name]
        if len(twins) > 1:
            for i, qualified in zip(twins, _told_apart(name, profile.iloc[twins]), strict=True):
                names[i] = qualified
    return names


def _cell(row: Mapping[str, float]) -> Name:
    levels = tuple(
        int(row[measure] > BAND) - int(row[measure] < -BAND)
        for measure in ("recency", "frequency", "spend")
        if measure in row
    )
    name = _RFM[levels] if len(levels) == 3 else _RF[levels]
    return _NOT_NEW.get(name.zh, name) if row.get("tenure", -1.0) > -BAND else name


def _told_apart(name: Name, twins: pd.DataFrame) -> list[Name]:
    measures = [measure for measure in _QUALIFIERS if measure in twins]
    widest = max(measures, key=lambda measure: twins[measure].max() - twins[measure].min())
    ranks = np.argsort(np.argsort(twins[widest].to_numpy(), kind="stable"), kind="stable")
    low, middle, high = _QUALIFIERS[widest]
    if len(twins) <= 3:
        words = [low, high] if len(twins) == 2 else [low, middle, high]
    else:
        words = [Name(f"{low.zh}起第{i}组", f"group {i} from {low.en}") for i in range(1, len(twins) + 1)]
    return [Name(f"{name.zh}（{words[rank].zh}）", f"{name.en} ({words[rank].en})") for rank in ranks]
