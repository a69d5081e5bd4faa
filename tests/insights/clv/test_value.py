"""Order values and CLV: sound on money that breaks the models, and in proportion to what they are made of."""

import numpy as np
import pandas as pd
import pytest

from assets.insights.clv.methods import bgnbd, gamma_gamma, mbgnbd, value
from assets.insights.clv.methods.gamma_gamma import SpendFit, expected_order_value
from benchmarks.clv import SPEND, simulate
from resources.errors import NotEnough


@pytest.fixture(scope="module")
def made() -> pd.DataFrame:
    return simulate(20_000, seed=2)


@pytest.fixture(scope="module")
def fits(made: pd.DataFrame) -> dict:
    return {"purchases": bgnbd.fit(made), "alive": mbgnbd.fit(made), "spend": gamma_gamma.fit(made)}


def money_of(*, x: int = 3, money: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"frequency": x, "monetary_value": money, "spend": (x + 1) * money})


def order_values(fit: SpendFit, customers: pd.DataFrame) -> np.ndarray:
    return expected_order_value(
        fit, customers["frequency"].to_numpy(float), customers["monetary_value"].to_numpy(float)
    )


def test_planted_spend_comes_back(fits: dict) -> None:
    fit = fits["spend"]

    assert fit.method == "gamma-gamma"
    assert (fit.p, fit.q, fit.v) == pytest.approx((SPEND["p"], SPEND["q"], SPEND["v"]), rel=0.1)
    assert SpendFit.from_parameters(fit.parameters()) == fit


def test_no_mean_of_the_population_is_refused_visibly() -> None:
    """lifetimes issues 146, 362, 370: q below 1 gave a negative mean."""
    money = 20 / np.random.default_rng(0).gamma(0.7, 1, 3000)
    customers = money_of(money=money)

    fit = gamma_gamma.fit(customers)
    found = order_values(fit, customers)
    assert fit.method == "shrunken mean"
    assert fit.reason.startswith("Gamma-Gamma refused: q = 0.")
    assert np.isfinite(found).all()
    assert (found > 0).all()
    assert found.max() <= np.quantile(money, 0.99)


def test_one_giant_order_gives_no_giant_mean(made: pd.DataFrame) -> None:
    customers = made[made["frequency"] > 0].head(300).reset_index(drop=True)
    giant = customers.copy()
    giant.loc[0, ["monetary_value", "spend"]] = [1e7, 1e7]

    fit, without = gamma_gamma.fit(giant), gamma_gamma.fit(customers)
    assert fit.method == "gamma-gamma" or fit.reason
    assert fit.population_mean == pytest.approx(without.population_mean, rel=2)
    others = order_values(fit, giant)[1:]
    assert np.isfinite(others).all()
    assert others.max() < 1000


def test_zero_negative_and_missing_money_is_not_fitted_and_never_valued_below_0(made: pd.DataFrame) -> None:
    odd = pd.DataFrame(
        {"frequency": [2, 2, 1, 0], "monetary_value": [0.0, -50, np.nan, np.nan], "spend": [0.0, -90, np.nan, 20]}
    )
    fit = gamma_gamma.fit(pd.concat([made, odd], ignore_index=True))

    assert fit.p == pytest.approx(gamma_gamma.fit(made).p, rel=1e-6)
    found = order_values(fit, odd)
    assert (found > 0).all()
    assert found[2:] == pytest.approx(fit.population_mean)


def test_few_repeat_buyers_get_the_mean_of_all(made: pd.DataFrame) -> None:
    customers = pd.concat([made[made["frequency"] == 0].head(200), made[made["frequency"] > 0].head(10)])

    fit = gamma_gamma.fit(customers)
    assert (fit.method, fit.reason) == ("population mean", "needs 30 repeat buyers with money, has 10")
    assert set(order_values(fit, customers)) == {fit.population_mean}


def test_without_money_there_is_no_fit() -> None:
    with pytest.raises(NotEnough, match="customers with money above 0"):
        gamma_gamma.fit(money_of(money=np.array([0.0, -3, np.nan])))


def test_equal_orders_are_no_division_by_zero() -> None:
    customers = money_of(money=np.full(100, 25.0))

    assert order_values(gamma_gamma.fit(customers), customers) == pytest.approx(25, rel=0.05)


def test_scores_are_sound_and_increase_with_the_horizon(made: pd.DataFrame, fits: dict) -> None:
    scores = value.score(made, **fits, interval_months=(3, 12))

    table = scores[[name for name in scores if not name.startswith("next_order")]].to_numpy()
    assert np.isfinite(table).all()
    assert (table >= 0).all()
    assert (scores["p_alive"] < 1).all()
    for shorter, longer in (("3m", "6m"), ("6m", "12m")):
        assert (scores[f"clv_{shorter}"] <= scores[f"clv_{longer}"]).all()
        assert (scores[f"expected_purchases_{shorter}"] <= scores[f"expected_purchases_{longer}"]).all()
    assert (scores["clv_low_12m"] <= scores["clv_high_12m"]).all()
    expected = bgnbd.expected_purchases(fits["purchases"], made, 365.25)
    assert scores["expected_purchases_12m"].to_numpy() == pytest.approx(expected, rel=1e-9, abs=5e-6)


def test_clv_is_discounted_purchases_times_order_value(made: pd.DataFrame, fits: dict) -> None:
    undiscounted = value.score(made, **fits, yearly_discount_rate=0)
    discounted = value.score(made, **fits, yearly_discount_rate=0.10)

    money = undiscounted["expected_purchases_12m"] * undiscounted["expected_order_value"]
    assert undiscounted["clv_12m"].to_numpy() == pytest.approx(money.to_numpy(), rel=1e-9)
    ratio = discounted["clv_12m"] / undiscounted["clv_12m"]
    assert ratio.between(1 / 1.1, 1).all()


def test_margin_is_for_all_or_for_each(made: pd.DataFrame, fits: dict) -> None:
    whole = value.score(made, **fits)
    margins = np.linspace(0, 1, len(made))

    assert value.score(made, **fits, margin=0.3)["clv_6m"].to_numpy() == pytest.approx(0.3 * whole["clv_6m"].to_numpy())
    each = value.score(made, **fits, margin=margins)
    assert each["clv_high_12m"].to_numpy() == pytest.approx(margins * whole["clv_high_12m"].to_numpy())
    with pytest.raises(ValueError, match="from 0 to 1"):
        value.score(made, **fits, margin=-0.1)


def test_batches_and_the_order_of_rows_change_no_score(made: pd.DataFrame, fits: dict) -> None:
    customers = made.head(5000)
    scores = value.score(customers, **fits)
    shuffled = customers.sample(frac=1, random_state=0)

    pd.testing.assert_frame_equal(value.score(customers, **fits, batch_rows=700), scores, rtol=1e-12)
    pd.testing.assert_frame_equal(value.score(shuffled, **fits).sort_index(), scores, rtol=1e-12)
    assert value.score(customers.head(0), **fits).columns.tolist() == scores.columns.tolist()


def test_days_and_weeks_give_the_same_scores(made: pd.DataFrame, fits: dict) -> None:
    weeks = made.assign(recency=made["recency"] / 7, T=made["T"] / 7)
    by_week = value.score(weeks, bgnbd.fit(weeks, days_per_unit=7), None, fits["spend"])
    by_day = value.score(made, **fits)

    assert by_week["clv_12m"].to_numpy() == pytest.approx(by_day["clv_12m"].to_numpy(), rel=1e-3)
    assert by_week["p_alive"].isna().all()


def test_the_interval_holds_what_the_process_brings(fits: dict) -> None:
    """Purchases and money of customers alike, simulated from their posterior."""
    random = np.random.default_rng(5)
    draws, horizon = 40_000, 365.25
    customer = pd.DataFrame({"frequency": [4], "recency": [300.0], "T": [330.0]})
    after, spend = bgnbd.posterior(fits["purchases"], customer), fits["spend"]
    rate, p = random.gamma(after.shape[0], 1 / after.rate[0], draws), random.beta(after.a, after.b[0], draws)
    cap = random.poisson(rate * horizon)
    counts = np.where(random.random(draws) < after.p_alive[0], np.minimum(cap, random.geometric(p)), 0)
    nu = random.gamma(spend.q + 4 * spend.p, 1, draws)
    order = (spend.q + 4 * spend.p - 1) / spend.p / nu
    money = np.where(counts > 0, random.gamma(spend.p * np.maximum(counts, 1)) * order, 0)

    assert after.expected(horizon)[0] == pytest.approx(counts.mean(), rel=0.03)
    assert after.p_some(horizon)[0] == pytest.approx((counts > 0).mean(), abs=0.01)
    second = (counts * (counts - 1.0)).mean()
    assert after.second_factorial_moment(horizon)[0] == pytest.approx(second, rel=0.06)
    shape = value.money_shape(after, spend, np.array([4.0]), horizon)
    money_of_one = after.p_some(horizon), after.expected(horizon), shape, 0.8
    low, high = value.money_interval(*money_of_one)
    assert ((money >= low[0]) & (money <= high[0])).mean() == pytest.approx(value.promised(*money_of_one)[0], abs=0.03)
    assert (money > high[0]).mean() == pytest.approx(0.1, abs=0.02)
