"""Who buys: the past chooses, a later window judges, a baseline takes over, and what sees the window is refused."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.insights.predictions.methods.features import caps, inputs
from assets.insights.predictions.methods.purchase import Choice, Study, ahead_of, at, bought, choose, study
from resources.learning.metrics import auc
from resources.learning.model import NotEnough, fit
from resources.learning.study import judge
from tests.insights.predictions.made import CUT_OFFS, HORIZON_DAYS, labelled

HISTORY_DAYS = 120
KEPT = Choice("logistic", None, [])


def by_name(found: Study) -> dict[str, dict[str, Any]]:
    return {row["model"]: row for row in found.rows}


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    return labelled()


@pytest.fixture(scope="module")
def found(customers: pd.DataFrame) -> Study:
    return study(customers, HORIZON_DAYS, HISTORY_DAYS)


def test_every_learner_and_baseline_is_judged_on_the_later_window(found: Study, customers: pd.DataFrame) -> None:
    rows = by_name(found)
    assert set(rows) == {"recency", "frequency", "logistic_rfm", "logistic", "linear", "forest", "boosting", "blend"}
    assert found.holdout == CUT_OFFS[-1] and found.train == CUT_OFFS[:-1]
    later = at(customers, [found.holdout])
    assert rows[found.name]["rate"] == pytest.approx(bought(later).mean(), abs=1e-4)
    assert rows[found.name]["auc"] == pytest.approx(auc(bought(later), found.candidate.predict(later)), abs=1e-4)
    assert found.is_accepted
    assert sum(row["count"] for row in found.calibration) == len(later)


def test_the_hold_out_has_no_say_in_the_choice(found: Study, customers: pd.DataFrame) -> None:
    """Other labels in the hold-out change its figures, not the learner, its calibration or what is fitted before it."""
    other = customers.copy()
    is_last = (other["as_of"] == pd.Timestamp(CUT_OFFS[-1])).to_numpy()
    other.loc[is_last, "later_purchases"] = other.loc[is_last, "later_purchases"].to_numpy()[::-1]
    again = study(other, HORIZON_DAYS, HISTORY_DAYS)
    assert again.choice == found.choice
    assert by_name(again)["logistic"]["auc"] != by_name(found)["logistic"]["auc"]
    assert by_name(again)["logistic"]["mean_score"] == by_name(found)["logistic"]["mean_score"]


def test_a_cut_off_whose_window_reaches_into_the_hold_out_is_not_judged_by(customers: pd.DataFrame) -> None:
    """With a horizon of 100 days the window of 2 June is still open on 1 September."""
    assert study(customers, 100, HISTORY_DAYS, KEPT).train == CUT_OFFS[:3]


def test_order_of_rows_does_not_matter(found: Study, customers: pd.DataFrame) -> None:
    again = study(customers.sample(frac=1, random_state=2), HORIZON_DAYS, HISTORY_DAYS, found.choice)
    assert again.rows == found.rows


@pytest.mark.parametrize("planted", ["visit_recency_days", "spend_90d"])
def test_an_input_that_sees_the_window_is_refused(customers: pd.DataFrame, planted: str) -> None:
    seeing = customers.copy()
    noise = np.random.default_rng(0).random(len(seeing))
    seeing[planted] = seeing["later_purchases"] + 0.3 * noise
    leaking = study(seeing, HORIZON_DAYS, HISTORY_DAYS, KEPT)
    assert not leaking.is_accepted
    assert "looks like a leak" in leaking.reason and planted in leaking.reason


def test_inputs_that_together_see_the_window_are_refused(customers: pd.DataFrame) -> None:
    """Neither alone gives it away."""
    seeing, rng = customers.copy(), np.random.default_rng(0)
    secret = rng.normal(size=len(seeing))
    seeing["visit_recency_days"] = secret
    seeing["spend_90d"] = secret + 0.6 * np.sign(bought(seeing) - 0.5)
    leaking = study(seeing, HORIZON_DAYS, HISTORY_DAYS, KEPT)
    assert not leaking.is_accepted
    assert "looks like a leak: AUC" in leaking.reason


def test_where_no_learner_beats_the_baselines_one_of_them_is_in_force() -> None:
    found = study(labelled(signal=0.0, seed=4), HORIZON_DAYS, HISTORY_DAYS, KEPT)
    assert found.name in ("recency", "frequency", "logistic_rfm")
    assert found.reason.startswith(f"fallback to {found.name}: logistic does not beat")
    assert set(found.model.features) <= {"recency_days", "frequency", "spend"}


def test_what_does_worse_than_the_model_in_force_is_not_put_in_force(customers: pd.DataFrame) -> None:
    later = at(customers, CUT_OFFS[-1:])
    # As good as can be on the hold-out: fitted on it.
    names = inputs(list(later), HISTORY_DAYS)
    better = fit("boosting", later, bought(later), names)
    found = study(customers, HORIZON_DAYS, HISTORY_DAYS, KEPT, ("abc", better))
    assert not found.is_accepted
    assert "but in force then (abc) does better there" in found.reason


def test_the_reason_says_that_the_hold_out_chooses_nothing_and_who_leads_there(customers: pd.DataFrame) -> None:
    for method in ("logistic", "forest"):
        found = study(customers, HORIZON_DAYS, HISTORY_DAYS, Choice(method, None, []))
        brier = {row["model"]: row["brier"] for row in found.rows if row["role"] == "candidate"}
        assert f"{method} was chosen on earlier windows alone, the hold-out only judges" in found.reason
        leader = min(brier, key=lambda name: brier[name])
        assert found.behind["brier_behind_leader"] == pytest.approx(brier[method] - brier[leader], abs=1.01e-4)
        assert leader == method or f"the Brier score of {leader} is lower by" in found.reason


@pytest.mark.parametrize(("clearly", "where"), [(True, "beyond"), (False, "within")])
def test_a_leader_on_the_hold_out_is_told_within_or_beyond_the_standard_error(clearly: bool, where: str) -> None:
    labels = np.tile([0.0, 1.0], 100)
    chosen = np.full(200, 0.5)
    # Always somewhat nearer to what came, or nearer and further by turns.
    wobble = 0.1 if clearly else np.tile([0.14, 0.14, -0.1, -0.1], 50)
    scores = {"blend": chosen, "forest": chosen + wobble * (labels - 0.5) * 2}
    rows = judge(labels, {"candidate": scores})
    text, figures = ahead_of("blend", rows, labels, scores)
    assert f"lower by {figures['brier_behind_leader']:.4f}, {where} its standard error" in text
    assert "it also leads on AUC, average precision" in text
    text, figures = ahead_of("forest", rows, labels, scores)
    assert (text.endswith("it has the lowest Brier score of all learners there, too"), list(figures.values())) == (
        True,
        [0.0],
    )


def test_a_choice_that_was_made_is_kept(customers: pd.DataFrame) -> None:
    made = Choice("blend", [0.95, 0.01], [])
    found = study(customers, HORIZON_DAYS, HISTORY_DAYS, made)
    assert found.choice == made
    assert (found.name, found.model.calibration) == ("blend", (0.95, 0.01))


def test_too_little_says_what_is_needed(customers: pd.DataFrame) -> None:
    fifty = customers[customers["person_id"] < "p0050"]
    with pytest.raises(NotEnough, match="needs 100 buyers, has 50"):
        study(fifty, HORIZON_DAYS, HISTORY_DAYS)
    with pytest.raises(NotEnough, match="needs buyers who came back and buyers who did not, has 0 of 300"):
        study(customers.assign(later_purchases=0), HORIZON_DAYS, HISTORY_DAYS)
    # Near-daily buyers: all come back.
    with pytest.raises(NotEnough, match="has 300 of 300"):
        study(customers.assign(later_purchases=9), HORIZON_DAYS, HISTORY_DAYS)
    with pytest.raises(NotEnough, match="needs two horizons of 200 days"):
        study(customers, 200, HISTORY_DAYS)


@pytest.mark.parametrize(("told", "is_taken"), [(0.5, True), (0.0, False)], ids=["telling", "idle talk"])
def test_what_reviews_say_is_an_input_where_it_helps_on_the_past(
    customers: pd.DataFrame, told: float, is_taken: bool
) -> None:
    rng = np.random.default_rng(5)
    sentiment = told * bought(customers) + rng.normal(0, 0.5, len(customers))
    said = customers.assign(
        review_count=rng.integers(0, 2, len(customers)), latest_review_sentiment=np.clip(sentiment - 0.3, -1, 1)
    )
    said.loc[said["review_count"] == 0, "latest_review_sentiment"] = np.nan
    found = study(said, HORIZON_DAYS, HISTORY_DAYS)
    challenger = found.choice.method + " with reviews"
    assert challenger in by_name(found)
    assert found.choice.has_reviews == is_taken
    assert (found.name == challenger) == is_taken
    assert ("latest_review_sentiment" in found.model.features) == is_taken


def test_with_one_cut_off_there_is_nothing_to_choose_by(customers: pd.DataFrame) -> None:
    names = inputs(list(customers), HISTORY_DAYS)
    first = at(customers, CUT_OFFS[:1])
    assert choose(first, CUT_OFFS[:1], HORIZON_DAYS, names, [], caps(HISTORY_DAYS)) == KEPT


def test_windows_longer_than_the_history_are_no_inputs() -> None:
    columns = ["purchases_30d", "purchases_90d", "purchases_365d", "purchase_trend", "t_days", "person_id", "as_of"]
    assert inputs(columns, 95) == ["t_days", "purchases_30d", "purchases_90d"]
    assert inputs(columns, 400) == ["t_days", "purchases_30d", "purchases_90d", "purchases_365d", "purchase_trend"]
    assert caps(95)["t_days"] == 95 and caps(900)["t_days"] == 365
