"""The measure of stability, and the rule that chooses k."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from assets.insights.segments.methods.selection import Candidate, Settings, agreement, choose_k


@pytest.mark.parametrize("noise", [0.0, 0.2, 1.0])
def test_agreement_is_the_adjusted_rand_index(noise):
    rng = np.random.default_rng(1)
    left = rng.integers(0, 5, 400)
    right = np.where(rng.random(400) < noise, rng.integers(0, 5, 400), (left + 2) % 5)
    assert agreement(left, right, 5) == pytest.approx(adjusted_rand_score(left, right))


def test_agreement_of_one_group_with_itself():
    one = np.zeros(10, np.int64)
    assert agreement(one, one, 3) == 1


def candidates(*rows: tuple[int, float, float, float]) -> list[Candidate]:
    return [Candidate(k, np.empty((k, 3)), stability, p10, share, 0.5) for k, stability, p10, share in rows]


@pytest.mark.parametrize(
    ("rows", "k"),
    [
        pytest.param(
            [(3, 0.90, 0.85, 0.2), (4, 0.87, 0.8, 0.2), (5, 0.84, 0.8, 0.2)], 4, id="as the best on a bad draw"
        ),
        pytest.param(
            [(3, 1.00, 1.00, 0.3), (4, 0.76, 0.6, 0.2), (5, 0.8, 0.7, 0.2)], 4, id="four where they are stable enough"
        ),
        pytest.param([(4, 1.00, 1.00, 0.2), (5, 0.97, 0.9, 0.1)], 4, id="no margin where groups stand apart"),
        pytest.param([(3, 0.74, 0.70, 0.2), (4, 0.70, 0.6, 0.2), (5, 0.82, 0.7, 0.1)], 5, id="only one stable enough"),
        pytest.param([(3, 0.85, 0.80, 0.2), (4, 0.99, 0.99, 0.001)], 3, id="a tiny segment does not win by stability"),
        pytest.param(
            [(3, 0.60, 0.5, 0.2), (4, 0.73, 0.7, 0.1), (5, 0.95, 0.9, 0.001)], 4, id="fallback misses by least"
        ),
        pytest.param([(3, 0.70, 0.6, 0.2), (4, 0.70, 0.6, 0.2)], 3, id="fallback prefers fewer on a tie"),
    ],
)
def test_choice_of_k(rows, k):
    assert choose_k(candidates(*rows), Settings())[0].k == k
