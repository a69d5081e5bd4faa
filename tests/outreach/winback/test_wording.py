"""A plan in words: whom it reaches, and what one more unit of money or one more place would bring."""

from dataclasses import replace

import numpy as np
import pytest

from assets.outreach.winback.methods.plan import Plan
from assets.outreach.winback.methods.wording import plan_in_words
from resources.actions import Action
from resources.words import Words

CALL = Action(
    name=Words("回访电话", "the call"),
    kind="call",
    cost=1,
    least_recency_days=30,
    most_recency_days=365,
    least_purchases=2,
)
NOBODY = np.empty(0, np.int64)
PLAN = Plan(NOBODY, NOBODY, NOBODY.astype(bool), 1_000.0, 200.0, 1_010.0, 0.571, np.array([3.2]))
COUNTS = {
    "chosen": 1_240, "refused": 3, "no_consent": 120, "contacted_lately": 40, "held_out": 62, "may_be_reached": 1_015, "planned": 800,
}  # fmt: skip


def test_a_plan_says_whom_it_reaches_and_what_more_would_bring() -> None:
    reach, bound, budget, place = plan_in_words(PLAN, COUNTS, [CALL], "CNY", has_budget=True)
    assert reach.en.startswith("1,240 customers are worth an action: 3 refuse personal treatment, 120 have not agreed")
    assert "可以联系 1,015 位，本周计划联系 800 位" in reach.zh
    assert bound == Words(
        "预计净赚 1,000 元，花费 200 元；达到理论上限的 99.01%",
        "CNY 1,000 net is expected for CNY 200: 99.01% of what any plan could bring at most",
    )
    assert budget == Words("预算每多 1 元，预计多赚 0.57 元", "CNY 1 more of budget would bring CNY 0.57 net")
    assert place == Words(
        "「回访电话」每多一个名额，预计多赚 3.20 元", "One more place for the call would bring CNY 3.20 net"
    )


def test_of_a_budget_that_is_not_used_up_more_brings_nothing() -> None:
    said = plan_in_words(
        replace(PLAN, budget_price=0.0, place_prices=np.zeros(1)), COUNTS, [CALL], "CNY", has_budget=True
    )
    assert said[2].en == "The budget is not used up: more of it would bring nothing"
    assert len(said) == 3


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        (
            {"goal": "cross_sell", "category": "茶叶"},
            Words(
                "下过单、没有买过「茶叶」、同意接收营销信息",
                "has ordered before, has never bought 茶叶, has agreed to be addressed",
            ),
        ),
        (
            {"goal": "win_new", "most_recency_days": 60},
            Words(
                "来过但没有下过单、60 天内来过、同意接收营销信息",
                "has come and never ordered, has come within 60 days, has agreed to be addressed",
            ),
        ),
    ],
)
def test_what_sells_something_new_has_its_rule(more: dict[str, object], rule: Words) -> None:
    given = {"name": Words("短信", "the message"), "kind": "message", "cost": 0.1}
    assert Action.model_validate(given | more).rule == rule


def test_who_may_get_an_action_is_published_in_words() -> None:
    assert CALL.rule == Words(
        "已 30 至 365 天没有下单、至少在 2 天下过单、同意接收营销信息",
        "has not ordered for 30 to 365 days, has ordered on at least 2 days, has agreed to be addressed",
    )
