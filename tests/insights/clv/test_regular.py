"""Purchases that keep a pace: what was planted comes back, one stage is MBG/NBD, and the sums are what the process does."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from assets.insights.clv.methods import mbgcnbd, mbgnbd, models, nbd
from assets.insights.clv.methods.groups import grouped
from assets.insights.clv.methods.maximum_likelihood import Fit
from assets.insights.clv.methods.wording import alive_method, purchase_method
from benchmarks.regular import run, simulate
from resources.words import Words

FIT = Fit("mbgcnbd", 1.2, 8.0, 0.6, 4.0, -1.0, "own", 1, 1000, 800, None, k=3)
ROWS = pd.DataFrame({"frequency": [0, 0, 6, 6], "recency": [0.0, 0, 180, 180], "T": [5.0, 300, 190, 300]})


@pytest.mark.parametrize("k", [1, 3])
def test_the_pace_that_was_planted_is_found(k: int) -> None:
    figures = run(3_000, k)

    assert figures["found_k"] == k
    assert all(abs(row["off_by_standard_errors"]) < 3 for row in figures["parameters"])
    if k == 3:
        errors = {row["model"]: row["mae"] for row in figures["purchases"]}
        assert errors["MBG/CNBD-3"] < 0.95 * min(error for name, error in errors.items() if name != "MBG/CNBD-3")


def test_one_stage_is_mbgnbd() -> None:
    fit = replace(FIT, model="mbgnbd", k=1)
    one, usual = mbgcnbd.posterior(fit, ROWS), mbgnbd.posterior(fit, ROWS)

    assert one.p_alive == pytest.approx(usual.p_alive)
    for horizon in (7, 91, 365):
        assert one.expected(horizon) == pytest.approx(usual.expected(horizon), rel=1e-6)
        assert one.p_some(horizon) == pytest.approx(usual.p_some(horizon))
        assert one.second_factorial_moment(horizon) == pytest.approx(usual.second_factorial_moment(horizon), rel=0.02)
    ages = np.array([10.0, 200.0, 10.0])
    assert mbgcnbd.expected_since_first(fit, ages) == pytest.approx(mbgnbd.expected_since_first(fit, ages), rel=1e-6)
    assert mbgcnbd.p_alive(fit, ROWS) == pytest.approx(mbgnbd.p_alive(fit, ROWS))
    silent = replace(fit, a=1e-3, b=1e3)
    assert mbgcnbd.p_alive(silent, ROWS) == pytest.approx(mbgnbd.p_alive(silent, ROWS))


def test_who_keeps_a_pace_is_expected_when_the_pace_says() -> None:
    """Two who bought every thirty days: after ten days nobody expects them yet, after two weeks more they are due; and silence says more
    of those who keep a pace than of those who do not."""
    just, due = pd.DataFrame({"frequency": [12, 12], "recency": [360.0, 360], "T": [361.0, 385]}).pipe(
        lambda rows: [mbgcnbd.posterior(FIT, rows.iloc[[n]]) for n in (0, 1)]
    )

    assert just.p_some(7)[0] < 0.3 * due.p_some(7)[0] / due.p_alive[0]
    without = mbgnbd.posterior(replace(FIT, model="mbgnbd", k=1, alpha=24.0), ROWS).p_alive
    assert mbgcnbd.posterior(FIT, ROWS).p_alive[3] < without[3]


def test_how_it_was_obtained_is_said() -> None:
    assert purchase_method(FIT, None, True) == Words("MBG/CNBD-3 模型", "MBG/CNBD-3")
    assert alive_method(FIT, None).en == "MBG/CNBD-3"


def test_sums_are_what_the_process_brings() -> None:
    frame = simulate(20_000, 3, seed=3)
    groups, numbers = grouped(frame)
    after = mbgcnbd.posterior(FIT, groups)

    later = frame["later_purchases"]
    assert after.expected(364)[numbers].mean() == pytest.approx(later.mean(), rel=0.03)
    assert after.p_some(364)[numbers].mean() == pytest.approx((later > 0).mean(), abs=0.01)
    pairs = (later * (later - 1)).mean()
    assert after.second_factorial_moment(364)[numbers].mean() == pytest.approx(pairs, rel=0.06)


def test_without_drop_out_the_past_rate_goes_on() -> None:
    groups, _ = grouped(simulate(500, 1, seed=4))
    fit = nbd.fit(groups)
    after = models.posterior(fit, groups)

    rate = (fit.r + groups["frequency"]) / (fit.alpha + groups["T"])
    assert after.expected(100) == pytest.approx(100 * rate)
    assert after.second_factorial_moment(100) == pytest.approx(after.expected(100) ** 2 * (1 + 1 / after.shape))
    assert models.posterior(fit, groups).p_alive.tolist() == [1.0] * len(groups)
    assert nbd.expected_since_first(fit, np.array([10.0]))[0] == pytest.approx(10 * fit.r / fit.alpha)
