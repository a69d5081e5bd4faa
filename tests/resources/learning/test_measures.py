"""Measures of probabilities, against scikit-learn's and against cases worked by hand."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from resources.learning.metrics import calibration_error, calibration_table, histogram, judged, lift, stability_index


@pytest.mark.parametrize("decimals", [1, 3, 12])
def test_ranking_measures_equal_scikit_learns_with_and_without_ties(decimals: int) -> None:
    rng = np.random.default_rng(1)
    scores = rng.random(500).round(decimals)
    labels = (rng.random(500) < scores).astype(float)
    found = judged(labels, scores)
    assert found["auc"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-4)
    assert found["ap"] == pytest.approx(average_precision_score(labels, scores), abs=1e-4)
    assert found["brier"] == pytest.approx(brier_score_loss(labels, scores), abs=1e-4)


def test_lift_by_hand() -> None:
    labels = np.array([1, 1, 0, 1, 0, 0, 0, 0, 0, 0], float)
    scores = np.arange(10, 0, -1) / 10
    assert lift(labels, scores) == pytest.approx(1 / 0.3)
    assert lift(labels, scores, share=0.4) == pytest.approx(0.75 / 0.3)
    # All the same: no order, no lift.
    assert lift(labels, np.full(10, 0.5)) == pytest.approx(1)


def test_calibration_by_hand() -> None:
    scores = np.array([0.2] * 10 + [0.7] * 10)
    labels = np.array([1] * 2 + [0] * 8 + [1] * 5 + [0] * 5, float)
    assert calibration_error(labels, scores) == pytest.approx(0.1)
    table = calibration_table(labels, scores)
    assert sum(row["count"] for row in table) == 20
    assert (table[0]["predicted"], table[-1]["predicted"]) == (0.2, 0.7)


def test_one_outcome_only_has_no_ranking() -> None:
    found = judged(np.zeros(20), np.linspace(0, 1, 20))
    assert (found["auc"], found["ap"], found["lift"]) == (None, None, None)
    assert found["mean_score"] == pytest.approx(0.5)


def test_a_shift_is_told_from_chance() -> None:
    rng = np.random.default_rng(2)
    fitted = histogram(rng.normal(size=3000))
    assert stability_index(fitted, rng.normal(size=1000)) < 0.05
    assert stability_index(fitted, rng.normal(loc=1, size=1000)) > 0.25
    # A column that ceases to be filled has moved too.
    assert stability_index(fitted, np.where(rng.random(1000) < 0.3, np.nan, rng.normal(size=1000))) > 0.25
    constant = histogram(np.zeros(100))
    assert stability_index(constant, np.zeros(50)) == pytest.approx(0)
    assert stability_index(constant, np.ones(50)) > 0.25
