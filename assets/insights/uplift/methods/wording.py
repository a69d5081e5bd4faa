"""What is known of an action, in words."""

from collections.abc import Mapping
from typing import Any

from assets.insights.uplift.methods import effect as effects
from assets.insights.uplift.methods.ranking import FEWEST_AN_ARM, FEWEST_OF_AN_OUTCOME
from assets.insights.uplift.methods.results import Result
from resources.money import amount
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
MARGIN = Words(
    "每人毛利变化 {value}（95% 区间 {low} 至 {high}，未扣动作成本）",
    "margin a person {value} (95 % interval {low} to {high}, before the action's own cost)",
)
RANKED = Words(
    "按每位客户的预计增量安排：在随后 {n} 人的活动上，Qini 为 {qini}，稳定高于按响应概率排序（{response}）和一视同仁；其中 {share} 的人会适得其反，不再联系",
    "planned by what it adds to each person: on the next campaign of {n} people its Qini is {qini}, surely ahead of response ranking ({response}) and of everybody "
    "alike; {share} of them are driven away and left out",
)
NOT_AHEAD = Words(
    "按客群安排：在随后 {n} 人的活动上，按增量排序的 Qini 为 {qini}，没有稳定高于按响应概率排序（{response}）和一视同仁",
    "planned by segments: on the next campaign of {n} people the Qini of ranking by uplift is {qini}, not surely ahead of response ranking ({response}) and of "
    "everybody alike",
)
TOO_FEW = Words(
    "按客群安排：按人估计增量，需要先后两批活动，每批两组各至少 {n} 人，且买和没买的都不少于 {few} 人",
    "planned by segments: to rank people by uplift takes two campaigns, one after the other, each with {n} people in each arm, and {few} who bought and who did not",
)
NO_EXPERIMENT = Words(
    "不是实验：没有按抽签分成的两组，不能按人估计增量",
    "not an experiment: there are no two arms as drawn, so what it adds to whom cannot be learned",
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


def of_margin(found: effects.Effect, currency: str | None) -> Words:
    """The measured effect on the margin a person."""
    ends = {"value": found.value, "low": found.low, "high": found.high}
    return MARGIN.format(**{name: amount(round(value, 2), currency) for name, value in ends.items()})


def of_ranking(told: Mapping[str, Any]) -> Words:
    """By what an action's people are planned, and why, from what the fit tells of it."""
    texts = {"in_force": RANKED, "not_ahead": NOT_AHEAD, "too_few": TOO_FEW, "no_experiment": NO_EXPERIMENT}
    figures = {name: f"{told[name]:.3f}" for name in ("qini", "response_qini") if told[name] is not None}
    return texts[told["state"]].format(
        n=f"{told['judged'] if figures else FEWEST_AN_ARM:,}",
        few=FEWEST_OF_AN_OUTCOME,
        qini=figures.get("qini"),
        response=figures.get("response_qini"),
        share=f"{told['left_out_share']:.0%}",
    )
