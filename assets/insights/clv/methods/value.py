"""Customer lifetime value over the coming months: purchases expected x value of an order x margin, discounted.

Fader, Hardie and Lee (2005), "RFM and CLV". Purchases of a month are discounted by its end at the yearly rate; a month is a
twelfth of 365.25 days. Everything that depends on (frequency, recency, T) only is computed once a group of customers with
the same three, in batches of bounded size, and joined back.

The interval is of what one customer will bring, not of a mean. Probability of nothing is exact; what is brought otherwise is
taken as Gamma with the exact mean and variance of the number of orders and the spread of their values (a hurdle Gamma).
It runs from one quantile to the other: at level 0.8, one in ten brings less than its lower end and one in ten more than its
upper. Where more than one in ten bring nothing, the lower end is 0 and nobody can be below, so such an interval promises 90 %
(see `promised`). Limitation: it knows neither season nor trend nor the error of the parameters: its coverage is measured on a
hold-out, against what it promises.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from assets.insights.clv.methods import bgnbd, gamma_gamma, mbgnbd
from assets.insights.clv.methods.gamma_gamma import SpendFit
from assets.insights.clv.methods.groups import grouped
from assets.insights.clv.methods.maximum_likelihood import Fit
from assets.insights.clv.methods.posterior import Posterior

Floats = NDArray[np.float64]

DAYS_PER_MONTH = 365.25 / 12
MONTHS = (3, 6, 12)
BATCH_ROWS = 1_000_000
POSTERIORS: dict[str, Callable[[Fit, pd.DataFrame], Posterior]] = {
    "bgnbd": bgnbd.posterior,
    "mbgnbd": mbgnbd.posterior,
}


def posterior(fit: Fit, groups: pd.DataFrame) -> Posterior:
    return POSTERIORS[fit.model](fit, groups)


def score(
    customers: pd.DataFrame,
    purchases: Fit,
    alive: Fit | None,
    spend: SpendFit | None,
    *,
    yearly_discount_rate: float = 0.10,
    margin: ArrayLike = 1.0,
    months: Sequence[int] = MONTHS,
    level: float = 0.8,
    interval_months: Sequence[int] = MONTHS[-1:],
    batch_rows: int = BATCH_ROWS,
) -> pd.DataFrame:
    """p_alive, expected_order_value and, for each of `months`, expected_purchases_{n}m and clv_{n}m; one row a customer.

    Without `spend` there is no money: p_alive and expected purchases only. Customers have frequency, recency, T and monetary_value, as fitted. For `interval_months`, clv_low_{n}m and clv_high_{n}m
    hold the future value with probability `level`. `margin` is a share of the money, one for all or one a customer; p_alive
    is that of `alive` (an MBG/NBD fit), and missing without it.
    """
    margins = np.broadcast_to(np.asarray(margin, float), len(customers))
    if not ((margins >= 0) & (margins <= 1)).all():
        raise ValueError("margin is a share of the money, from 0 to 1")
    if not yearly_discount_rate > -1 or not 0 < level < 1 or not months or not set(interval_months) <= set(months):
        raise ValueError("yearly_discount_rate above -1, level between 0 and 1, interval_months among months")
    scores: dict[str, Floats] = {}
    for at in range(0, max(len(customers), 1), batch_rows):
        batch = customers.iloc[at : at + batch_rows]
        groups, numbers = grouped(batch)
        table = _group_scores(groups, purchases, alive, spend, yearly_discount_rate, months, level, interval_months)
        columns = {name: by_group[numbers] for name, by_group in table.items()}
        if spend:
            order_value = gamma_gamma.expected_order_value(
                spend, batch["frequency"].to_numpy(float), batch["monetary_value"].to_numpy(float)
            )
            money = order_value * margins[at : at + batch_rows]
            columns = {"expected_order_value": order_value} | {
                name: values * money if name.startswith("clv_") else values for name, values in columns.items()
            }
        for name, values in columns.items():
            scores.setdefault(name, np.empty(len(customers)))[at : at + batch_rows] = values
    return pd.DataFrame(scores, index=customers.index, copy=False)


def _group_scores(
    groups: pd.DataFrame,
    purchases: Fit,
    alive: Fit | None,
    spend: SpendFit | None,
    yearly_discount_rate: float,
    months: Sequence[int],
    level: float,
    interval_months: Sequence[int],
) -> dict[str, Floats]:
    """By group; clv_… in order values of the customer."""
    after = posterior(purchases, groups)
    month = DAYS_PER_MONTH / purchases.days_per_unit
    monthly = (1 + yearly_discount_rate) ** (-1 / 12)
    p_alive = mbgnbd.p_alive(alive, groups) if alive else np.full(len(groups), np.nan)
    scores: dict[str, Floats] = {"p_alive": p_alive}
    before, discounted = np.zeros(len(groups)), np.zeros(len(groups))
    for number in range(1, max(months) + 1):
        expected = np.maximum(after.expected(number * month), before)
        discounted = discounted + (expected - before) * monthly**number
        before = expected
        if number not in months:
            continue
        scores[f"expected_purchases_{number}m"] = expected
        if spend is None:
            continue
        scores[f"clv_{number}m"] = discounted
        if number in interval_months:
            low, high = money_interval(
                after, spend, groups["frequency"].to_numpy(float), number * month, level, expected
            )
            # Discounting and the month's floor scale the whole distribution as they do its mean.
            factor = discounted / np.maximum(expected, 1e-300)
            scores[f"clv_low_{number}m"], scores[f"clv_high_{number}m"] = low * factor, high * factor
    return scores


def money_interval(
    after: Posterior, spend: SpendFit, frequency: Floats, horizon: float, level: float, mean: Floats | None = None
) -> tuple[Floats, Floats]:
    """Central interval of the money within the horizon, in the customer's expected order values, undiscounted."""
    mean = after.expected(horizon) if mean is None else mean
    second = after.second_factorial_moment(horizon) + mean
    within, between = gamma_gamma.spread(spend, frequency)
    p_none = np.clip(after.p_none(horizon), 0, 1)
    p_some = np.maximum(1 - p_none, 1e-12)
    mean_if_some = np.maximum(mean / p_some, 1e-12)
    square_if_some = (mean * within + second) * (1 + between) / p_some
    variance = np.maximum(square_if_some - mean_if_some**2, 1e-6 * mean_if_some**2)
    shape = mean_if_some**2 / variance
    tail = (1 - level) / 2
    return tuple(_quantile(share, p_none, p_some, shape, mean_if_some) for share in (tail, 1 - tail))


def promised(after: Posterior, horizon: float, level: float) -> Floats:
    """The probability of each interval of money_interval: more than `level` where an end is 0, the value of many."""
    p_none, tail = np.clip(after.p_none(horizon), 0, 1), (1 - level) / 2
    return np.where(p_none < tail, level, np.maximum(p_none, 1 - tail))


def _quantile(share: float, p_none: Floats, p_some: Floats, shape: Floats, mean: Floats) -> Floats:
    from scipy.special import gammaincinv

    values = np.zeros_like(mean)
    some = p_none < share
    at = np.clip((share - p_none[some]) / p_some[some], 0, 1 - 1e-12)
    values[some] = gammaincinv(shape[some], at) * mean[some] / shape[some]
    return values
