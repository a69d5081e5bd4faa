"""The plan in words: why a person is in it, what one more unit of money or one more place would bring, and whom it cannot reach."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from assets.insights.uplift.methods.holdout import HELD
from resources.actions import Action
from resources.money import UNITS, amount
from resources.words import Words

if TYPE_CHECKING:
    import pandas as pd

    from assets.outreach.winback.methods.plan import Plan

# A price below it is no money.
SEEN = 0.005
WHY = Words(
    "预计净赚 {gain}：不做也有约 {p} 的购买概率，「{action}」预计再提高 {uplift} 个百分点，多成交一单毛利约 {value}；预计花费 {cost}",
    "{gain} net is expected: about {p} buy anyway, {action} is expected to add {uplift} points, and a purchase more leaves a margin of {value}; it is expected to cost {cost}",
)
HELD_OUT = Words(
    "对照组：抽签决定本季不参加「{action}」，用来比较它带来多少",
    "held out: drawn not to get {action} this season, so that what it brings can be seen",
)
NOT_SPENT = Words("预算没有用完：再多也不会多赚", "The budget is not used up: more of it would bring nothing")
ONE_MORE = Words("预算每多 {one}，预计多赚 {brings}", "{one} more of budget would bring {brings} net")
ONE_PLACE = Words("「{action}」每多一个名额，预计多赚 {brings}", "One more place for {action} would bring {brings} net")
COUNTS = Words(
    "值得联系的客户 {chosen} 位：其中 {refused} 位拒绝个性化，{no_consent} 位没有同意接收营销信息，{contacted_lately} 位近期刚联系过，{held_out} 位在对照组；"
    "可以联系 {may_be_reached} 位，本周计划联系 {planned} 位",
    "{chosen} customers are worth an action: {refused} refuse personal treatment, {no_consent} have not agreed to be addressed, {contacted_lately} were addressed "
    "lately, {held_out} are held out; {may_be_reached} may be reached, and {planned} are planned this week",
)
UNKNOWN = Words(
    "「{action}」暂不安排：历史还不够，估计不出谁可能首次购买",
    "{action} is not planned yet: there is not enough history to tell who may buy for the first time",
)
BOUND = Words(
    "预计净赚 {gain}，花费 {spent}；达到理论上限的 {share}",
    "{gain} net is expected for {spent}: {share} of what any plan could bring at most",
)


def why(rows: "pd.DataFrame", currency: str | None) -> list[Words]:
    """Of each planned row why."""
    said = []
    columns = ("arm", "action_zh", "action_en", "gain", "p_purchase", "uplift", "margin_value", "cost")
    for arm, zh, en, gain, p_purchase, uplift, value, cost in rows[list(columns)].itertuples(index=False):
        name = Words(zh, en)
        if arm == HELD:
            said.append(HELD_OUT.format(action=name))
            continue
        said.append(
            WHY.format(
                gain=amount(gain, currency),
                p=f"{p_purchase:.0%}",
                action=name,
                uplift=f"{100 * uplift:.1f}",
                value=amount(value, currency),
                cost=amount(cost, currency),
            )
        )
    return said


def plan_in_words(
    plan: "Plan", counts: Mapping[str, int], actions: Sequence[Action], currency: str | None, has_budget: bool
) -> list[Words]:
    """What is said of a week's plan before anything goes out: whom it reaches, what it brings, and what more of each limit would bring."""
    said = [COUNTS.format(**{name: f"{count:,}" for name, count in counts.items()})]
    money = {"gain": amount(plan.gain, currency), "spent": amount(plan.spent, currency)}
    said.append(BOUND.format(share=f"{plan.share_of_bound:.2%}", **money))
    if has_budget:
        is_short = plan.budget_price >= SEEN
        said.append(
            ONE_MORE.format(one=one_unit(currency), brings=_money(plan.budget_price, currency))
            if is_short
            else NOT_SPENT
        )
    for action, price in zip(actions, plan.place_prices.tolist(), strict=True):
        if price >= SEEN:
            said.append(ONE_PLACE.format(action=action.name, brings=_money(price, currency)))
    return said


def one_unit(currency: str | None) -> Words:
    """1 元, CNY 1"""
    return Words(f"1 {UNITS.get(currency or '', currency or '')}".strip(), f"{currency or ''} 1".strip())


def _money(value: float, currency: str | None) -> Words:
    return amount(round(value, 2), currency)
