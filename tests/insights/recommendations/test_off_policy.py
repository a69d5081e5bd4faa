"""What another blend is worth before it goes live: by hand, on random lists of planted taste, and how such lists are drawn."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from assets.insights.recommendations.methods import off_policy, policy
from assets.insights.recommendations.methods.random_lists import POOL, is_drawn, list_name, shuffled

MONDAY = date(2026, 1, 12)


def test_the_value_of_a_policy_by_hand() -> None:
    # Of four logged choices at one half each the other policy always makes the first kind, which brought 1 and 0.
    reward, logged = np.array([1.0, 0, 1, 1]), np.full(4, 0.5)
    target = np.array([1.0, 1, 0, 0])
    found = policy.snips(reward, logged, target)
    assert (found.value, found.effective_count) == (0.5, 2.0)
    assert found.high - found.value == pytest.approx(1.959964 * 2**0.5 / 4)
    exact = policy.doubly_robust(reward, logged, target, reward, np.full(4, 0.5))
    assert exact.value == 0.5 and exact.low == exact.high == 0.5
    # All four are of one person: they err together.
    together = policy.snips(reward, logged, target, np.zeros(4, np.int64))
    assert together.value == 0.5 and together.low == together.high == 0.5
    ahead = policy.snips_ahead(reward, logged, target, 1 - target)
    assert ahead.value == -0.5 and ahead.low < -0.5 < ahead.high


def random_log(people: int) -> pd.DataFrame:
    """Ten places of each, drawn from 30 products, of which the first five are clicked in a fifth of cases and all others in a fiftieth."""
    rng = np.random.default_rng(4)
    products = np.array([rng.permutation(30)[:10] for _ in range(people)])
    clicked = rng.random(products.shape) < np.where(products < 5, 0.2, 0.02)
    return pd.DataFrame(
        {
            "person_id": np.repeat([f"c{number}" for number in range(people)], 10),
            "product_id": [f"p{number}" for number in products.ravel()],
            "listed_on": pd.Timestamp(MONDAY),
            "pool_size": 30,
            "is_clicked": clicked.ravel(),
        }
    )


def test_a_better_blend_is_told_before_it_goes_live() -> None:
    shown = random_log(800)
    good, poor = [f"p{number}" for number in range(10)], [f"p{number}" for number in range(10, 20)]
    keys = [(person, pd.Timestamp(MONDAY)) for person in shown["person_id"].unique()]
    lists = {off_policy.IN_FORCE: dict.fromkeys(keys, poor), off_policy.CHALLENGER: dict.fromkeys(keys, good)}
    rows = off_policy.table(shown, lists)
    # Half of the good list is clicked in a fifth of cases, half in a fiftieth.
    for row in rows[:4]:
        assert row["low"] < {"challenger": 0.11, "in force": 0.02}[row["model"]] < row["high"]
        assert row["share_in_pools"] == pytest.approx(1, abs=0.05)
    assert rows[4]["model"] == "challenger ahead by" and rows[4]["low"] > 0.05


def test_without_random_lists_or_clicks_it_is_not_known() -> None:
    shown = random_log(800)
    assert off_policy.table(shown.iloc[:0], {})[0]["model"].startswith("not known: no list drawn at random")
    nobody = shown.assign(is_clicked=False)
    lists = {off_policy.IN_FORCE: {("c1", pd.Timestamp(MONDAY)): ["p1"]}}
    assert off_policy.table(nobody, lists)[0]["model"].startswith("not known: 0 clicks on 8000 products")


def test_random_lists_are_drawn_evenly_from_the_best_and_say_so() -> None:
    people = [f"c{number}" for number in range(4_000)]
    drawn = is_drawn(people, 0.03, MONDAY)
    assert drawn.mean() == pytest.approx(0.03, abs=0.01)
    assert (drawn == is_drawn(people, 0.03, date(2026, 3, 30))).all()
    assert (drawn & is_drawn(people, 0.03, date(2026, 4, 6))).sum() < 20
    products = np.tile(np.arange(50), (4_000, 1))
    scores = np.tile(-np.arange(50.0), (4_000, 1))
    scores[:, 3] = -np.inf
    picked, pools = shuffled(people, products, scores, 10, MONDAY)
    assert set(pools) == {POOL} and set(picked.ravel()) == set(range(31)) - {3}
    counts = np.bincount(picked[:, 0], minlength=31)
    assert counts[counts > 0] / 4_000 == pytest.approx(1 / POOL, abs=0.012)
    assert (shuffled(people[:1], products[:1], scores[:1], 10, date(2026, 1, 14))[0] == picked[0]).all()
    assert list_name(MONDAY, "random", 30) == "zhike-discover-20260112-random-30"
    assert list_name(MONDAY, "group", 0) == "zhike-discover-20260112-group"
