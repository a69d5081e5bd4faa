"""Names of segments for shop people, in Chinese and English, by rule.

Each segment's mean recency, frequency and spend, in standard deviations of the population (log scale), is read as high,
middle or low, and the cell is looked up in a table written by hand in both languages. Segments of one cell are told
apart by the measure in which they differ most. A name says where a segment stands among this shop's customers on this
day; it promises nothing about another shop, and the same segment may earn another name at the next fit. "New" is said
only where the segment's customers are in fact new (when the age of the account is known).
"""

from collections.abc import Mapping
from itertools import product

import numpy as np
import pandas as pd

from resources.words import Words

BAND = 0.4


# Rows: recency (recent, cooling, dormant); within: frequency high to low; then spend high to low.
_LEVELS = (1, 0, -1)
_RFM: dict[tuple[int, ...], Words] = dict(
    zip(
        product(_LEVELS, _LEVELS, _LEVELS),
        (
            Words("忠诚高价值客户", "Champions"),
            Words("活跃忠诚客户", "Loyal regulars"),
            Words("活跃小额常客", "Frequent small-basket buyers"),
            Words("活跃高消费客户", "Active big spenders"),
            Words("活跃普通客户", "Active mainstream customers"),
            Words("活跃小额客户", "Active small spenders"),
            Words("高消费新客户", "Big-spending new customers"),
            Words("潜力新客户", "Promising new customers"),
            Words("新客户", "New customers"),
            Words("降温中的高价值客户", "High-value customers cooling off"),
            Words("降温中的常客", "Regulars cooling off"),
            Words("降温中的小额常客", "Small-basket regulars cooling off"),
            Words("降温中的高消费客户", "Big spenders cooling off"),
            Words("普通客户", "Mainstream customers"),
            Words("小额普通客户", "Modest spenders"),
            Words("低频高消费客户", "Occasional big spenders"),
            Words("低频客户", "Occasional customers"),
            Words("低频小额客户", "Occasional small spenders"),
            Words("沉睡高价值客户", "Dormant champions"),
            Words("沉睡常客", "Dormant regulars"),
            Words("沉睡小额常客", "Dormant small-basket regulars"),
            Words("沉睡高消费客户", "Dormant big spenders"),
            Words("沉睡普通客户", "Dormant mainstream customers"),
            Words("沉睡小额客户", "Dormant small spenders"),
            Words("流失高消费客户", "Lapsed big spenders"),
            Words("流失低频客户", "Lapsed occasional customers"),
            Words("流失低价值客户", "Lapsed low-value customers"),
        ),
        strict=True,
    )
)
_RF: dict[tuple[int, ...], Words] = dict(
    zip(
        product(_LEVELS, _LEVELS),
        (
            Words("忠诚客户", "Loyal customers"),
            Words("活跃客户", "Active customers"),
            Words("新客户", "New customers"),
            Words("降温中的常客", "Regulars cooling off"),
            Words("普通客户", "Mainstream customers"),
            Words("低频客户", "Occasional customers"),
            Words("沉睡常客", "Dormant regulars"),
            Words("沉睡客户", "Dormant customers"),
            Words("流失客户", "Lapsed customers"),
        ),
        strict=True,
    )
)
# Recent and seldom, but with the shop for long: returning, not new.
_NOT_NEW = {
    "高消费新客户": Words("近期回访高消费客户", "Recently returned big spenders"),
    "潜力新客户": Words("近期回访客户", "Recently returned customers"),
    "新客户": Words("近期回访低频客户", "Recent occasional buyers"),
}
# From the lowest to the highest value of the measure.
_QUALIFIERS = {
    "spend": (Words("消费较低", "lower spend"), Words("消费居中", "middle spend"), Words("消费较高", "higher spend")),
    "frequency": (
        Words("购买较少", "buy less often"),
        Words("次数居中", "middle frequency"),
        Words("购买较多", "buy more often"),
    ),
    "recency": (
        Words("久未购买", "bought longer ago"),
        Words("时间居中", "in between"),
        Words("购买较近", "bought more recently"),
    ),
}


def name_segments(profile: pd.DataFrame) -> list[Words]:
    """One name a row of `profile`: columns recency (high = bought lately), frequency, and where known spend and tenure
    (high = old account), each in standard deviations from the population's mean."""
    names = [_cell(row) for row in profile.to_dict("records")]
    for name in dict.fromkeys(names):
        twins = [i for i, other in enumerate(names) if other == name]
        if len(twins) > 1:
            for i, qualified in zip(twins, _told_apart(name, profile.iloc[twins]), strict=True):
                names[i] = qualified
    return names


def _cell(row: Mapping[str, float]) -> Words:
    levels = tuple(
        int(row[measure] > BAND) - int(row[measure] < -BAND)
        for measure in ("recency", "frequency", "spend")
        if measure in row
    )
    name = _RFM[levels] if len(levels) == 3 else _RF[levels]
    return _NOT_NEW.get(name.zh, name) if row.get("tenure", -1.0) > -BAND else name


def _told_apart(name: Words, twins: pd.DataFrame) -> list[Words]:
    measures = [measure for measure in _QUALIFIERS if measure in twins]
    widest = max(measures, key=lambda measure: twins[measure].max() - twins[measure].min())
    ranks = np.argsort(np.argsort(twins[widest].to_numpy(), kind="stable"), kind="stable")
    low, middle, high = _QUALIFIERS[widest]
    if len(twins) <= 3:
        words = [low, high] if len(twins) == 2 else [low, middle, high]
    else:
        words = [Words(f"{low.zh}起第{i}组", f"group {i} from {low.en}") for i in range(1, len(twins) + 1)]
    return [Words(f"{name.zh}（{words[rank].zh}）", f"{name.en} ({words[rank].en})") for rank in ranks]
