"""What is known of an action, in words."""

from assets.insights.uplift.methods import effect as effects
from assets.insights.uplift.methods.results import Result
from resources.words import Words

NOT_YET = Words(
    "还没有结果：没有已执行且观察期已满的活动，先按预设值计划",
    "no result yet: no week was carried out and has closed; the plan uses what was thought before",
)
ONE_ARM = Words(
    "还不是实验：对照组和执行组都要有至少 {n} 人，才能比较",
    "not an experiment yet: {n} people are needed in each arm to compare them",
)
MISMATCH = Words(
    "结果不可信：两组人数与抽签比例不符，请先查明原因",
    "not to be trusted: the arms are not of the sizes that were drawn; find out why first",
)
UP = Words(
    "有效：购买率提高 {effect} 个百分点（95% 区间 {low} 至 {high}）",
    "it works: {effect} points more buy (95 % interval {low} to {high})",
)
DOWN = Words(
    "适得其反：购买率降低 {effect} 个百分点（95% 区间 {low} 至 {high}）",
    "it does harm: {effect} points fewer buy (95 % interval {low} to {high})",
)
UNKNOWN = Words(
    "看不出效果：差别为 {effect} 个百分点（95% 区间 {low} 至 {high}），可能只是偶然",
    "no effect seen: {effect} points (95 % interval {low} to {high}), which may be chance",
)


def verdict(result: Result) -> Words:
    """What is known of an action as a whole."""
    if result.rows.empty:
        return NOT_YET
    if result.mismatch_p < effects.MISMATCH:
        return MISMATCH
    if result.whole is None:
        return ONE_ARM.format(n=effects.FEWEST)
    return of_effect(result.whole)


def of_effect(found: effects.Effect) -> Words:
    """The same of a measured effect."""
    text = UP if found.low > 0 else DOWN if found.high < 0 else UNKNOWN
    ends = (found.low, found.high) if found.value >= 0 or text is UNKNOWN else (-found.high, -found.low)
    value = abs(found.value) if text is DOWN else found.value
    return text.format(effect=_points(value), low=_points(ends[0]), high=_points(ends[1]))


def _points(share: float) -> str:
    return f"{100 * share:.1f}"
