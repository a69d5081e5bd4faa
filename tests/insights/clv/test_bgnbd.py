"""Purchases expected: exact where published formulas break, sound for any parameters; and a fit or a reason why not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta

from assets.insights.clv.methods import bgnbd, mbgnbd
from assets.insights.clv.methods.groups import grouped
from assets.insights.clv.methods.likelihood import fast_fitter, fitter
from assets.insights.clv.methods.maximum_likelihood import Fit, Needs, fit_model
from assets.insights.clv.methods.posterior import expected_alive
from benchmarks import planted
from benchmarks.clv import PLANTED, simulate
from resources.errors import NotEnough

CDNOW = Fit("bgnbd", 0.2426, 4.4135, 0.7929, 2.4258, -9582.43, "lifetimes", 7, 2357, 946, None)
SIZES = st.floats(min_value=np.log(1e-3), max_value=np.log(1e3)).map(np.exp)


def frame(*rows: tuple[float, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["frequency", "recency", "T"])


@pytest.fixture(scope="module")
def made() -> pd.DataFrame:
    return simulate(20_000, seed=1)


def by_integral(t: float, shape: float, rate: float, a: float, b: float) -> float:
    """Over p, substituted so that the density's pole at 0 is gone."""

    def integrand(u: float) -> float:
        p = u ** (1 / a)
        if p == 0:
            return shape * t / rate / a * np.exp(-_log_beta(a, b))
        return -np.expm1(-shape * np.log1p(p * t / rate)) / p * (1 - p) ** (b - 1) / a * np.exp(-_log_beta(a, b))

    return quad(integrand, 0, 1, limit=200)[0]


def _log_beta(a: float, b: float) -> float:
    from scipy.special import betaln

    return betaln(a, b)


def test_where_lifetimes_says_nan() -> None:
    """lifetimes issues 302 and 442; the value is exact to 40 digits elsewhere."""
    fit = replace(CDNOW, r=0.11, alpha=2.24, a=0.31, b=0.5)

    assert bgnbd.expected_purchases(fit, frame((0, 0, 1)), 30)[0] == pytest.approx(0.564589, abs=1e-6)


@pytest.mark.parametrize("a", [1, 1 + 1e-13, 1 - 1e-9, 1 + 1e-9, 1 + 1e-5])
def test_where_a_is_1(a: float) -> None:
    expected = bgnbd.expected_purchases(replace(CDNOW, a=a), frame((0, 0, 38.86)), 39)[0]

    assert expected == pytest.approx(by_integral(39, CDNOW.r, CDNOW.alpha + 38.86, 1, CDNOW.b), rel=1e-4)


def test_where_a_and_b_add_up_to_1() -> None:
    fit = replace(CDNOW, a=0.3, b=0.7)

    expected = bgnbd.expected_purchases(fit, frame((0, 0, 38.86)), 39)[0]
    assert expected == pytest.approx(by_integral(39, fit.r, fit.alpha + 38.86, 0.3, 0.7), rel=1e-4)


@pytest.mark.parametrize("x", [0, 1, 150, 2000])
@pytest.mark.parametrize("a", [0.2, 0.79, 2.5])
def test_expectations_against_the_integral(x: int, a: float) -> None:
    expected = expected_alive(730, 0.25 + x, 30 + 700, a, 2.4 + x)

    # By definition: purchases of one alive, averaged over the posterior of p.
    draws = beta(a, 2.4 + x).ppf((np.arange(200_000) + 0.5) / 200_000)
    values = -np.expm1(-(0.25 + x) * np.log1p(draws * 730 / 730)) / np.maximum(draws, 1e-300)
    assert expected == pytest.approx(values.mean(), rel=5e-3)


@settings(deadline=None, max_examples=300)
@given(SIZES, SIZES, SIZES, SIZES, st.integers(0, 3000), st.floats(0, 1), st.floats(0.1, 5000), st.floats(0.1, 5000))
def test_expectations_are_sound_for_any_parameters(r, alpha, a, b, x, seen, age, horizon) -> None:
    row = frame((x, age * max(seen, 1e-3) if x else 0, age))
    for model in (bgnbd, mbgnbd):
        fit = replace(CDNOW, model=model.__name__.rsplit(".", 1)[1], r=r, alpha=alpha, a=a, b=b)
        after = model.posterior(fit, row)
        expected, longer = after.expected(horizon)[0], after.expected(2 * horizon)[0]
        at_most = (r + x) / (alpha + age) * horizon

        assert np.isfinite(expected)
        assert 0 <= expected <= at_most * (1 + 1e-9)
        assert np.isfinite(longer)
        assert 0 <= after.p_alive[0] <= 1
        assert 0 <= after.p_some(horizon)[0] <= 1
        assert np.isfinite(after.second_factorial_moment(horizon)[0])


def test_p_alive_of_one_time_buyers_falls_with_time_in_mbgnbd_only() -> None:
    rows = frame((0, 0, 10), (0, 0, 100), (0, 0, 1000))

    assert (bgnbd.posterior(CDNOW, rows).p_alive == 1).all()
    assert (np.diff(mbgnbd.posterior(replace(CDNOW, model="mbgnbd"), rows).p_alive) < 0).all()


@pytest.mark.parametrize("model", ["bgnbd", "mbgnbd"])
@pytest.mark.parametrize("log_params", [[0.1] * 4, [-1.4, -2.0, 0.5, 3.0], [3.0, 1.0, -4.0, -2.0]])
def test_the_likelihood_is_that_of_lifetimes(made: pd.DataFrame, model, log_params: list[float]) -> None:
    x, t_x, age = (made[name].to_numpy(float) for name in ("frequency", "recency", "T"))
    weights = np.arange(len(made)) % 3 + 1.0

    arguments = (np.array(log_params), x, t_x / 728, age / 728, weights, 0.0)
    ours = fast_fitter(model, x, weights)._negative_log_likelihood(*arguments)
    theirs = fitter(model)._negative_log_likelihood
    assert ours == pytest.approx(theirs(*arguments), rel=1e-12)


@pytest.mark.parametrize("model", ["bgnbd", "mbgnbd"])
@pytest.mark.parametrize("log_params", [[0.1] * 4, [-1.4, -2.0, 0.5, 3.0], [3.0, 1.0, -4.0, -2.0]])
def test_its_derivatives_are_those_that_are_traced(made: pd.DataFrame, model, log_params: list[float]) -> None:
    from autograd import grad, hessian

    few = made.head(300)
    x, t_x, age = (few[name].to_numpy(float) for name in ("frequency", "recency", "T"))
    weights = np.arange(len(few)) % 3 + 1.0
    arguments = (np.array(log_params), x, t_x / 728, age / 728, weights, 0.0)

    ours, theirs = (f._negative_log_likelihood for f in (fast_fitter(model, x, weights), fitter(model)))
    for derivative in (grad, hessian):
        assert derivative(ours)(*arguments) == pytest.approx(derivative(theirs)(*arguments), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("model", [bgnbd, mbgnbd])
def test_groups_give_the_parameters_of_all_rows(made: pd.DataFrame, model) -> None:
    groups, numbers = grouped(made)
    one, other = model.fit(made), model.fit(groups)

    assert len(groups) < 0.6 * len(made)
    assert groups["customer_count"].sum() == one.customers == other.customers == len(made)
    for name in PLANTED:
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-5)
    by_row = model.expected_purchases(other, made, 90)
    assert model.expected_purchases(other, groups, 90)[numbers] == pytest.approx(by_row, rel=1e-12)


def test_planted_parameters_come_back() -> None:
    fit = bgnbd.fit(simulate(20_000, seed=1, whole_days=False))

    for name, value in PLANTED.items():
        assert abs(getattr(fit, name) - value) < 2 * fit.standard_errors[name], name
    assert Fit.from_parameters(fit.parameters()) == fit


def test_whole_days_hide_purchases_and_nothing_else() -> None:
    """A purchase day hides half a day in which one could have bought again: without it, the planted rate is back."""
    rows = simulate(200_000, seed=1)
    hidden = rows["frequency"] / 2
    days = bgnbd.fit(grouped(rows)[0])
    shown = bgnbd.fit(grouped(rows.assign(recency=rows["recency"] - hidden, T=rows["T"] - hidden))[0])

    assert days.alpha > PLANTED["alpha"] + 4 * days.standard_errors["alpha"]
    for fit, name in ((shown, "r"), (shown, "alpha"), (days, "a"), (days, "b")):
        assert abs(getattr(fit, name) - PLANTED[name]) < 2.5 * fit.standard_errors[name], name


def test_the_demo_shops_parameters_come_back() -> None:
    """As many customers as the demo shop has, on whole days as it hands them over."""
    off = [row["off_by_standard_errors"] for seed in range(5) for row in planted.run(2000, seed)["purchase_process"]]

    assert len(off) == 5 * 2 * 4
    assert max(abs(deviation) for deviation in off) < 3
    assert np.mean(np.abs(off) < 2) >= 0.9


def test_own_maximum_is_that_of_lifetimes(made: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    from lifetimes import BetaGeoFitter
    from lifetimes.utils import ConvergenceError

    groups, _ = grouped(made)
    fit = bgnbd.fit(groups)

    def fails(*_, **__) -> None:
        raise ConvergenceError

    monkeypatch.setattr(BetaGeoFitter, "fit", fails)
    own = fit_model("bgnbd", groups, 1, Needs())
    assert own.path == "own bounded"
    for name in PLANTED:
        assert getattr(own, name) == pytest.approx(getattr(fit, name), rel=5e-3)
    assert own.log_likelihood == pytest.approx(fit.log_likelihood, abs=0.05)


def test_fifty_customers_are_not_enough(made: pd.DataFrame) -> None:
    with pytest.raises(NotEnough, match="not enough history: needs 100 customers, has 50"):
        bgnbd.fit(made.head(50))


def test_one_time_buyers_only_are_not_enough(made: pd.DataFrame) -> None:
    with pytest.raises(NotEnough, match="needs 30 customers who bought again, has 0"):
        bgnbd.fit(made[made["frequency"] == 0])


def test_two_weeks_are_not_enough(made: pd.DataFrame) -> None:
    with pytest.raises(NotEnough, match="needs 60 days since the first purchase, has 14"):
        bgnbd.fit(made[made["T"] <= 14])


def test_repeat_buyers_only_are_noted(made: pd.DataFrame) -> None:
    fit = bgnbd.fit(made[made["frequency"] > 0])

    assert any("no one-time buyers" in note for note in fit.notes)


@pytest.mark.parametrize("model", [bgnbd, mbgnbd])
def test_near_daily_buyers_get_a_sound_fit(model) -> None:
    """lifetimes issue 405."""
    random = np.random.default_rng(3)
    age = random.integers(60, 120, 300).astype(float)
    rows = pd.DataFrame({"frequency": np.floor(age * 0.95), "recency": age - 1, "T": age})

    fit = model.fit(rows)
    expected = model.expected_purchases(fit, rows, 30)
    assert np.isfinite([getattr(fit, name) for name in PLANTED]).all()
    assert (expected >= 0).all()
    assert (expected <= 33).all()
    assert expected.mean() == pytest.approx(28.5, rel=0.1)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((1, 20, 10), "0 <= recency <= T"),
        ((np.nan, 0, 10), "known and finite"),
        ((1.5, 5, 10), "must be a count"),
        ((2, 0, 10), "merge the lines of a day"),
    ],
)
def test_rows_no_history_can_have_are_refused(made: pd.DataFrame, row: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bgnbd.fit(pd.concat([made[["frequency", "recency", "T"]], frame(row)]))
