"""What a customer is called by their three scores: the eight RFM classes and the ten lifecycle groups, true of each by construction.

The eight are those of Chinese marketing: recency, frequency and spend each high (4 or 5) or not. Ten groups divide the same
customers by how lately and how often they buy; only champions must spend much as well. Each name comes with the sentence of
what it takes in this shop, in days, purchases and money, so that whoever reads it can check it on the customer.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assets.features.methods.cut_points import CutPoints, Scores
from resources.money import amount
from resources.words import Words

HIGH = 4

# By whether recency and frequency are high; the first word says whether spend is.
_DEEDS = {
    (True, True): Words("价值", "to cherish"),
    (True, False): Words("发展", "to develop"),
    (False, True): Words("保持", "to keep"),
    (False, False): Words("挽留", "to win back"),
}
_WEIGHTS = {True: Words("重要", "Key customers"), False: Words("一般", "Regular customers")}

CHAMPIONS = Words("核心客户", "Champions")
LOYAL = Words("忠诚客户", "Loyal")
POTENTIAL = Words("潜力客户", "Potential loyalists")
NEW = Words("新客户", "New customers")
ATTENTION = Words("需关注客户", "Need attention")
ABOUT_TO_SLEEP = Words("即将沉睡客户", "About to sleep")
AT_RISK = Words("流失风险客户", "At risk")
CANNOT_LOSE = Words("重点挽回客户", "Can't lose them")
HIBERNATING = Words("沉睡客户", "Hibernating")
LOST = Words("已流失客户", "Lost")


@dataclass(frozen=True)
class Group:
    """A group, the ranges of scores (both ends included) that make it, and how it is read."""

    name: Words
    r: tuple[int, int]
    f: tuple[int, int]
    m: tuple[int, int] = (1, 5)


# The first that fits is the customer's.
GROUPS = (
    Group(CHAMPIONS, (5, 5), (4, 5), (4, 5)),
    Group(LOYAL, (3, 5), (4, 5)),
    Group(POTENTIAL, (4, 5), (2, 3)),
    Group(NEW, (4, 5), (1, 1)),
    Group(ATTENTION, (3, 3), (2, 3)),
    Group(ABOUT_TO_SLEEP, (3, 3), (1, 1)),
    Group(CANNOT_LOSE, (1, 2), (5, 5)),
    Group(AT_RISK, (2, 2), (2, 4)),
    Group(HIBERNATING, (2, 2), (1, 1)),
    Group(LOST, (1, 1), (1, 4)),
)


def classes(found: Mapping[str, Scores]) -> pd.DataFrame:
    """class_zh, class_en (the eight; four in a shop without prices) and group_zh, group_en (the ten), one row a customer."""
    r, f = found["r_score"], found["f_score"]
    m = found.get("m_score")
    named = pd.DataFrame(
        index=pd.RangeIndex(len(r)), columns=["class_zh", "class_en", "group_zh", "group_en"], dtype="str"
    )
    for is_recent, is_frequent in _DEEDS:
        here = ((r >= HIGH) == is_recent) & ((f >= HIGH) == is_frequent)
        for is_high in _WEIGHTS if m is not None else (None,):
            rows = here & ((m >= HIGH) == is_high) if m is not None else here
            name = class_name(is_recent, is_frequent, is_high)
            named.loc[rows, ["class_zh", "class_en"]] = [name.zh, name.en]
    left = np.ones(len(r), bool)
    for group in GROUPS:
        rows = left & _within(r, group.r) & _within(f, group.f)
        if m is not None:
            rows &= _within(m, group.m)
        named.loc[rows, ["group_zh", "group_en"]] = [group.name.zh, group.name.en]
        left &= ~rows
    return named


def class_name(is_recent: bool, is_frequent: bool, is_high: bool | None) -> Words:
    """The name of one of the eight; without prices (`is_high` None) of one of the four."""
    weight = _WEIGHTS[is_high] if is_high is not None else Words("", "Customers")
    deed = _DEEDS[is_recent, is_frequent]
    return Words(f"{weight.zh}{deed.zh}客户", f"{weight.en} {deed.en}")


def _within(values: Scores, ends: tuple[int, int]) -> np.ndarray:
    return (values >= ends[0]) & (values <= ends[1])


def meanings(cut_points: CutPoints, currency: str | None) -> pd.DataFrame:
    """kind (class or group), name_zh, name_en and what it takes to be in it: meaning_zh, meaning_en. In the order in which people
    read them."""
    rows: list[tuple[str, Words, list[Words]]] = []
    for is_high in (True, False) if cut_points.spend else (None,):
        for is_recent, is_frequent in _DEEDS:
            said = [_days(cut_points, HIGH, 5) if is_recent else _days(cut_points, 1, HIGH - 1)]
            said.append(_times(cut_points, HIGH, 5) if is_frequent else _times(cut_points, 1, HIGH - 1))
            if is_high is not None:
                said.append(_money(cut_points, currency, is_high))
            rows.append(("class", class_name(is_recent, is_frequent, is_high), said))
    for group in GROUPS:
        said = [_days(cut_points, *group.r), _times(cut_points, *group.f)]
        if group.m[0] >= HIGH and cut_points.spend:
            said.append(_money(cut_points, currency, True))
        rows.append(("group", group.name, said))
    texts = [Words.join(said, Words("，", ", ")) for *_, said in rows]
    return pd.DataFrame(
        {
            "kind": [kind for kind, *_ in rows],
            "name_zh": [name.zh for _, name, _ in rows],
            "name_en": [name.en for _, name, _ in rows],
            "meaning_zh": [text.zh for text in texts],
            "meaning_en": [text.en for text in texts],
            "position": range(len(rows)),
        }
    )


def _days(cut_points: CutPoints, low: int, high: int) -> Words:
    """Of scores from `low` to `high`: how long ago the latest purchase was."""
    borders = cut_points.recency_days
    latest = borders[5 - low] if low > 1 else None
    earliest = borders[4 - high] if high < 5 else None
    if earliest is None:
        return Words("{0} 天内买过", "bought within {0} days").format(latest)
    if latest is None:
        return Words("超过 {0} 天没有购买", "no purchase for more than {0} days").format(earliest)
    return Words("最近一次购买在 {0} 到 {1} 天前", "last bought {0} to {1} days ago").format(earliest + 1, latest)


def _times(cut_points: CutPoints, low: int, high: int) -> Words:
    """Of scores from `low` to `high`: on how many days they bought."""
    borders = cut_points.frequency
    least = borders[low - 2] + 1 if low > 1 else 1
    most = borders[high - 1] if high < 5 else None
    if most is None:
        return Words("购买至少 {0} 次", "at least {0} purchases").format(least)
    if most == 1:
        return Words("只购买过 1 次", "a single purchase")
    if least == 1:
        return Words("购买不超过 {0} 次", "at most {0} purchases").format(most)
    if least == most:
        return Words("购买过 {0} 次", "{0} purchases").format(most)
    return Words("购买过 {0} 到 {1} 次", "{0} to {1} purchases").format(least, most)


def _money(cut_points: CutPoints, currency: str | None, is_high: bool) -> Words:
    border = amount(cut_points.spend[HIGH - 2], currency)
    if is_high:
        return Words("累计消费高于 {0}", "spent more than {0} in all").format(border)
    return Words("累计消费不超过 {0}", "spent no more than {0} in all").format(border)
