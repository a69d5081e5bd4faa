"""The figures of a person agree, whatever a purchase model and the predictions say by themselves."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from assets.insights.clv.methods import gamma_gamma, mbgcnbd, models, value
from assets.insights.clv.methods.family import Given
from assets.insights.clv.methods.groups import grouped
from benchmarks.clv import simulate

NEXT_ORDER = ["next_order_low_days", "next_order_days", "next_order_high_days"]


@pytest.fixture(scope="module")
def made() -> pd.DataFrame:
    return simulate(3_000, seed=2)


@pytest.fixture(scope="module")
def fits(made: pd.DataFrame) -> dict:
    found = {fit.model: fit for fit in models.fit_all(grouped(made)[0], 0.0)}
    return found | {"mbgcnbd": replace(found["mbgnbd"], model="mbgcnbd", k=3)}


@pytest.mark.parametrize("model", ["bgnbd", "mbgnbd", "mbgcnbd", "nbd"])
@pytest.mark.parametrize("horizon_days", [28, 91, 182])
def test_whatever_is_given_the_figures_agree(made: pd.DataFrame, fits: dict, model: str, horizon_days: int) -> None:
    random = np.random.default_rng(1)
    p = np.clip(random.beta(0.3, 0.5, len(made)), 1e-4, 0.9999)
    spend = np.where(random.random(len(made)) < 0.9, random.lognormal(3, 1.5, len(made)), np.nan)
    given = Given(horizon_days, p, spend)
    alive = fits["mbgcnbd" if model == "mbgcnbd" else "mbgnbd"]
    scores = value.score(made, fits[model], alive, gamma_gamma.fit(made), given=given, yearly_discount_rate=0)

    assert np.isfinite(scores.drop(columns=NEXT_ORDER).to_numpy()).all()
    assert scores.loc[scores["p_purchase_12m"] >= 0.5, NEXT_ORDER].notna().all(axis=None)
    assert (np.diff(scores[NEXT_ORDER].dropna(), axis=1) >= 0).all()
    days = {3: 91, 6: 182, 12: 365}
    for months, last in days.items():
        now, purchases = scores[f"p_purchase_{months}m"], scores[f"expected_purchases_{months}m"]
        money = scores[f"clv_{months}m"]
        assert (now <= purchases).all() and (now <= scores["p_alive"]).all()
        assert ((now >= p - 1e-9) if horizon_days <= last else (now <= p + 1e-9)).all()
        assert money.to_numpy() == pytest.approx((purchases * scores["expected_order_value"]).to_numpy())
        if horizon_days <= last:
            assert (spend[~np.isnan(spend)] <= money[~np.isnan(spend)] * (1 + 1e-9)).all()
    for shorter, longer in ((3, 6), (6, 12)):
        for figure in ("p_purchase", "expected_purchases", "clv"):
            assert (scores[f"{figure}_{shorter}m"] <= scores[f"{figure}_{longer}m"]).all()
    assert scores["clv_12m"].between(scores["clv_low_12m"], scores["clv_high_12m"]).all()


def test_the_given_probability_holds_at_its_horizon_and_moves_every_other(made: pd.DataFrame, fits: dict) -> None:
    alone = value.Curves(made, fits["bgnbd"], None)
    doubled = np.minimum(2 * alone.p_purchase(60), 0.9)
    family = value.Curves(made, fits["bgnbd"], Given(60, doubled, np.full(len(made), np.nan)))

    assert family.p_purchase(60) == pytest.approx(doubled)
    rises = doubled > alone.p_purchase(60)
    assert (family.p_purchase(300)[rises] > alone.p_purchase(300)[rises]).all()
    assert (family.purchases(300)[rises] > alone.purchases(300)[rises]).all()


def test_the_next_order_is_told_by_those_who_order(made: pd.DataFrame, fits: dict) -> None:
    """A tenth, half and nine tenths of the probability of a purchase within the horizon, also where a pace makes most days unlikely."""
    for model in ("bgnbd", "mbgcnbd"):
        curves = value.Curves(made, fits[model], Given(60, np.full(len(made), 0.6), np.full(len(made), np.nan)))
        likely = np.flatnonzero(curves.p_purchase(365) > 0.5)[::300]
        shares = (0.1, 0.5, 0.9)
        for share, days in zip(shares, curves.days_to_next(shares, 365, likely), strict=True):
            for row, day in zip(likely, days, strict=True):
                reached = curves.p_purchase(day)[row] / curves.p_purchase(365)[row]
                assert reached == pytest.approx(share, abs=0.02)


def test_what_is_given_as_the_model_says_changes_nothing(made: pd.DataFrame, fits: dict) -> None:
    fit, spend = fits["mbgnbd"], gamma_gamma.fit(made)
    alone = value.Curves(made, fit, None)
    same = Given(60, alone.p_purchase(60), np.full(len(made), np.nan))

    with_given = value.score(made, fit, fit, spend, given=same)
    pd.testing.assert_frame_equal(with_given, value.score(made, fit, fit, spend), rtol=1e-6, atol=1e-4)


def test_batches_keep_what_is_given_with_its_customers(made: pd.DataFrame, fits: dict) -> None:
    customers = made.head(500)
    given = Given(60, np.linspace(0.01, 0.9, 500), np.linspace(1, 90, 500))
    arguments = customers, fits["bgnbd"], fits["mbgnbd"], gamma_gamma.fit(made)

    whole = value.score(*arguments, given=given)
    pd.testing.assert_frame_equal(value.score(*arguments, given=given, batch_rows=70), whole, rtol=1e-9)


def test_a_pace_that_cannot_be_fitted_is_none() -> None:
    groups, _ = grouped(simulate(400, seed=6))
    fit = models.MODELS["mbgnbd"].fit(groups)
    assert mbgcnbd.fit(groups, -1e9, fit) is None
