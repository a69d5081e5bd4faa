"""Effects, arms and rankings, against figures counted by hand and planted worlds."""

import json

import numpy as np
import pandas as pd
import pytest

from assets.insights.uplift.methods import effect, holdout, learner, ranking
from assets.insights.uplift.methods.results import WHOLE, result
from assets.insights.uplift.methods.wording import of_margin, of_ranking, verdict
from benchmarks import uplift_gate
from resources.errors import ZhikeError


def test_a_difference_of_means_and_its_interval_by_hand() -> None:
    outcome = np.array([1.0, 1, 1, 0, 0, 0, 1, 0])
    is_treated = np.array([True] * 4 + [False] * 4)
    found = effect.difference(outcome, is_treated)
    assert found.value == 0.5
    # Each arm has one of four apart: variance 0.25 of each, over four people.
    assert found.standard_error == pytest.approx((0.25 / 4 + 0.25 / 4) ** 0.5)
    assert (found.low, found.high) == (
        pytest.approx(0.5 - 1.959964 * 0.125**0.5),
        pytest.approx(0.5 + 1.959964 * 0.125**0.5),
    )
    assert not found.is_known


def test_without_random_arms_it_is_no_experiment() -> None:
    with pytest.raises(ZhikeError, match="not an experiment"):
        effect.difference(np.ones(10), np.ones(10, bool))


def test_what_was_known_before_narrows_the_interval_and_keeps_the_effect() -> None:
    rng = np.random.default_rng(0)
    known = rng.normal(size=4_000)
    is_treated = rng.random(4_000) < 0.5
    outcome = 2 * known + 0.3 * is_treated + rng.normal(size=4_000)
    plain, sharp = effect.difference(outcome, is_treated), effect.adjusted(outcome, is_treated, known[:, None])
    # The covariate holds four fifths of the variance: the error shrinks to the square root of the rest.
    assert sharp.standard_error / plain.standard_error == pytest.approx(0.2**0.5, abs=0.03)
    assert sharp.low < 0.3 < sharp.high


def test_arms_of_other_sizes_than_drawn_are_told() -> None:
    for treated, control, share in ((500, 500, 0.5), (900, 100, 0.1), (0, 0, 0.5), (3, 3, 0.1)):
        assert effect.sample_ratio(treated, control, share) > 0.05
    for treated, control, share in ((500, 700, 0.5), (850, 150, 0.1), (1, 11, 0.1), (400, 0, 0.1)):
        assert effect.sample_ratio(treated, control, share) < effect.MISMATCH


def test_arms_that_were_drawn_are_not_refused_for_being_looked_at_every_week() -> None:
    draws = np.random.default_rng(0).random((400, 26, 20)) < 0.1
    control = draws.sum(axis=2).cumsum(axis=1)
    total = np.arange(1, 27) * 20
    ever = [
        min(effect.sample_ratio(int(n - held), int(held), 0.1) for n, held in zip(total, world, strict=True)) < 0.05
        for world in control
    ]
    assert np.mean(ever) < 0.05


def test_weeks_are_pooled_by_the_size_of_their_comparison() -> None:
    weeks = [effect.Effect(0.1, 0.02, 100, 100), effect.Effect(0.4, 0.02, 300, 10)]
    found = effect.pooled(weeks)
    small = 300 * 10 / 310
    assert found.value == pytest.approx((50 * 0.1 + small * 0.4) / (50 + small))
    assert (found.treated, found.control) == (400, 110)


def test_segments_that_differ_by_chance_alone_are_one_and_others_are_kept_apart() -> None:
    alike = effect.shrunk([effect.Effect(v, 0.05, 10, 10) for v in (0.02, 0.04, 0.06)])
    assert [each.value for each in alike] == pytest.approx([0.04] * 3)
    apart = effect.shrunk([effect.Effect(v, 0.001, 10, 10) for v in (0.0, 0.1, 0.2)])
    assert [each.value for each in apart] == pytest.approx([0.0, 0.1, 0.2], abs=1e-4)


@pytest.mark.parametrize(
    ("base", "with_action", "share", "people"),
    [(0.03, 0.05, 0.05, 12_401), (0.10, 0.12, 0.10, 19_962), (0.10, 0.15, 0.20, 1_913), (0.30, 0.32, 0.50, 16_780)],
)
def test_how_many_people_an_action_needs(base: float, with_action: float, share: float, people: int) -> None:
    assert effect.people_needed(base, with_action, share) == pytest.approx(people, abs=1)


def test_half_are_held_out_until_the_effect_is_known() -> None:
    assert effect.holdout_share(None) == 0.5
    assert effect.holdout_share(effect.Effect(0.02, 0.02, 100, 100)) == 0.5
    assert effect.holdout_share(effect.Effect(0.02, 0.005, 100, 100)) == 0.1


def test_arms_are_drawn_by_person_action_and_season_and_stay() -> None:
    people = [f"c{number:05}" for number in range(20_000)]
    coupon, call = (holdout.held_out(people, action, "2026-Q1", 0.1) for action in ("coupon", "call"))
    assert coupon.mean() == pytest.approx(0.1, abs=0.01)
    # One draw says nothing of the other: a hundredth is out of both.
    assert (coupon & call).mean() == pytest.approx(0.01, abs=0.003)
    assert (coupon & holdout.held_out(people, "coupon", "2026-Q2", 0.1)).mean() == pytest.approx(0.01, abs=0.003)
    assert (holdout.held_out(people, "coupon", "2026-Q1", 0.5) >= coupon).all()
    kept = {"c00000": holdout.HELD, "c00001": holdout.GETS}
    assert holdout.held_out(people[:2], "coupon", "2026-Q1", 0.0, kept).tolist() == [True, False]


def test_two_persons_that_turn_out_to_be_one_keep_the_arm_that_came_first() -> None:
    given = [("bob", "held_out", 0.5), ("anna", "treated", 0.1), ("cara", "treated", 0.1)]
    arms, shares = holdout.first_arms(given, {"bob": "anna"})
    assert arms == {"anna": "held_out", "cara": "treated"}
    assert shares == {"anna": 0.5, "cara": 0.1}


def test_qini_by_hand() -> None:
    outcome, is_treated = np.array([1.0, 0, 0, 1]), np.array([True, False, True, False])
    # Treated and control take turns: 0, 1, 1, 1, 0 answers ahead after 0 to 4 people; the area is 3 and the straight line's 0.
    # Perfect order: the treated who answered, the two who did not (a tie), the untreated who did: 1, 1 and 0 ahead after 1, 3 and 4: 3.
    assert learner.qini(np.array([4.0, 3, 2, 1]), outcome, is_treated) == pytest.approx(1.0)
    # The other way round: 0, 0, -1, -1/2, 0, an area of -1.5.
    assert learner.qini(np.array([1.0, 2, 3, 4]), outcome, is_treated) == pytest.approx(-0.5)
    assert learner.qini(np.ones(4), outcome, is_treated) == 0.0


def test_an_uplift_ranking_is_in_force_only_where_it_beats_response_ranking() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(12_000, 2))
    is_treated = rng.random(12_000) < 0.5
    chance = 0.3 + 0.1 * np.tanh(x[:, 1]) + 0.2 * is_treated * np.tanh(x[:, 0])
    outcome = (rng.random(12_000) < chance).astype(float)
    half = np.arange(12_000) < 6_000
    model = learner.fit(x[half], outcome[half], is_treated[half])
    rows = x[~half]
    found = learner.judge(model.uplift(rows), model.answers(rows), outcome[~half], is_treated[~half])
    assert found.uplift > found.response and found.is_in_force
    same = learner.judge(model.answers(rows), model.answers(rows), outcome[~half], is_treated[~half])
    assert not same.is_in_force
    # Below zero of the first column it drives away.
    border = learner.sleeping_below(model.uplift(rows), outcome[~half], is_treated[~half])
    assert -0.1 < border < 0.2
    assert learner.sleeping_below(np.zeros(100), np.zeros(100), np.arange(100) % 2 == 0) == -np.inf


@pytest.mark.parametrize(
    ("world", "state", "said"),
    [
        ("differ", "in_force", "planned by what it adds to each person: on the next campaign of"),
        ("same", "not_ahead", "planned by segments: on the next campaign of"),
    ],
)
def test_people_are_ranked_by_uplift_only_where_they_differ(world: str, state: str, said: str) -> None:
    seen = uplift_gate.campaigns(np.random.default_rng([0, 7]), world, a_week=1_800)
    found = ranking.study(seen)
    assert found.state == state and found.verdict
    told = {
        "state": state, "qini": found.verdict.uplift, "response_qini": found.verdict.response, "judged": found.judged,
        "left_out_share": found.left_out_share,
    }  # fmt: skip
    assert of_ranking(told).en.startswith(said)
    if found.personal:
        later = uplift_gate.people(np.random.default_rng(8), 2_000)
        adds = uplift_gate.chances(later, world)[1]
        again = ranking.Personal.of(json.loads(json.dumps(found.personal.parameters())))
        scores = again.scores(later)
        assert np.corrcoef(again.more(scores), adds)[0, 1] > 0.6
        # Who is left out is driven away; who stays gains.
        asleep = again.is_driven_away(scores)
        assert adds[asleep].mean() < 0 < adds[~asleep].mean()


def test_without_two_arms_nobody_is_ranked() -> None:
    seen = uplift_gate.campaigns(np.random.default_rng(1), "differ")
    assert ranking.study(seen[seen["as_of"] < "2026-01-19"]).state == "too_few"
    alone = ranking.study(seen.assign(arm="treated"))
    assert alone.state == "no_experiment"
    told = {"state": alone.state, "qini": None, "response_qini": None, "judged": 0, "left_out_share": 0.0}
    assert of_ranking(told).en.startswith("not an experiment") and of_ranking(told).zh.startswith("不是实验")


def rows(treated: int, control: int, share: float = 0.5) -> pd.DataFrame:
    """One week in which 30 % of the treated bought, and 20 % of the others."""
    arms = [("treated", number < 0.3 * treated) for number in range(treated)]
    arms += [("held_out", number < 0.2 * control) for number in range(control)]
    return pd.DataFrame(
        {
            "as_of": pd.Timestamp("2026-01-05"),
            "person_id": [f"c{number}" for number in range(len(arms))],
            "arm": [arm for arm, _ in arms],
            "bought": [float(bought) for _, bought in arms],
            "segment_id": 1,
            "p_purchase": 0.2,
            "margin_value": 30.0,
            "margin": [12.0 * bought for _, bought in arms],
            "holdout_share": share,
        }
    )


def test_a_result_is_told_in_words_and_arms_that_were_not_drawn_give_none() -> None:
    found = result(rows(2_000, 2_000), 0.05)
    assert found.whole and found.whole.value == pytest.approx(0.1)
    # Who buys leaves 12: a tenth more of them is 1.20 a person.
    assert found.margin and found.margin.value == pytest.approx(1.2)
    assert found.margin.low < 1.2 < found.margin.high
    assert of_margin(found.margin, "CNY").zh.startswith("每人毛利变化 1.20 元（95% 区间 ")
    assert verdict(found).zh.startswith("有效：购买率提高 10.0 个百分点")
    assert found.next_share == 0.1 and 0.05 < found.belief(WHOLE).uplift < 0.1
    odd = result(rows(2_000, 1_000), 0.05)
    assert odd.whole is None and odd.belief(WHOLE).uplift == 0.05
    assert "find out why" in verdict(odd).en
    few = result(rows(5, 5), 0.05)
    assert few.whole is None and "not an experiment yet" in verdict(few).en
