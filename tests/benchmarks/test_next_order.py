"""How the day of the next order is judged, by hand."""

import pandas as pd
import pytest

from benchmarks.next_order import judged


def test_misses_are_days_beside_those_of_guesses() -> None:
    rows = pd.DataFrame(
        {
            "person_id": ["a", "a", "b", "c"],
            "next_day": [10, 20, 30, 40],
            "next_order_low": [5, 15, 35, 1],
            "next_order": [12, 20, 36, 40],
            "next_order_high": [30, 25, 60, 90],
            "last_gap": [1, 1, 1, 1],
            "mean_gap": [1, 1, 1, 1],
            "last gap": [20, 20, 20, 20],
            "mean gap": [10.0, 20.0, 30.0, 44.0],
        }
    )
    told, last, mean = judged(rows)

    assert (told["misses by days"], told["half miss by less than"], told["in the interval"]) == (2, 1, 0.75)
    assert (last["misses by days"], last["days of insights.clv less"]) == (10, -8)
    assert mean["days of insights.clv less"] == pytest.approx(1)
    assert last["standard error"] > 0
