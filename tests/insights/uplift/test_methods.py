"""Effects, arms, rankings and policy values, against figures counted by hand."""

import numpy as np
import pandas as pd
import pytest

from assets.insights.uplift.methods import effect, holdout, learner, policy
from assets.insights.uplift.methods.results import WHOLE, result
from assets.insights.uplift.methods.wording import verdict
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
    assert effect.sample_ratio(500, 500, 0.5) == 1.0
    # 550 and 450 of 500 each: chi-squared 10.
    assert effect.sample_ratio(550, 450, 0.5) == pytest.approx(0.001565, abs=1e-6)
    assert effect.sample_ratio(900, 100, 0.1) == 1.0


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
    given = [("bob", "held_out"), ("anna", "treated"), ("cara", "treated")]
    assert holdout.first_arms(given, {"bob": "anna"}) == {"anna": "held_out", "cara": "treated"}


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


def test_the_value_of_a_policy_by_hand() -> None:
    # Of four logged choices at one half each the other policy always makes the first kind, which brought 1 and 0.
    reward, logged = np.array([1.0, 0, 1, 1]), np.full(4, 0.5)
    target = np.array([1.0, 1, 0, 0])
    found = policy.snips(reward, logged, target)
    assert (found.value, found.effective_count) == (0.5, 2.0)
    assert found.high - found.value == pytest.approx(1.959964 * 2**0.5 / 4)
    exact = policy.doubly_robust(reward, logged, target, reward, np.full(4, 0.5))
    assert exact.value == 0.5 and exact.low == exact.high == 0.5


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
            "holdout_share": share,
        }
    )


def test_a_result_is_told_in_words_and_arms_that_were_not_drawn_give_none() -> None:
    found = result(rows(2_000, 2_000), 0.05)
    assert found.whole and found.whole.value == pytest.approx(0.1)
    assert verdict(found).zh.startswith("有效：购买率提高 10.0 个百分点")
    assert found.next_share == 0.1 and 0.05 < found.belief(WHOLE).uplift < 0.1
    odd = result(rows(2_000, 1_000), 0.05)
    assert odd.whole is None and odd.belief(WHOLE).uplift == 0.05
    assert "find out why" in verdict(odd).en
    few = result(rows(5, 5), 0.05)
    assert few.whole is None and "not an experiment yet" in verdict(few).en
