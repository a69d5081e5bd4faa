"""Customer lifetime value over the coming months: purchases expected x value of an order x margin, discounted.

Fader, Hardie and Lee (2005), "RFM and CLV". Purchases of a month are discounted by its end at the yearly rate; a month is a
twelfth of 365.25 days. What depends on (frequency, recency, T) only is computed once a group of customers with the same three, in
batches of bounded size, and joined back; then it is made to agree with what insights.predictions says of each (methods/family.py).

Every figure is a mean. The interval is of what one customer will bring: it runs from one quantile to the other, and on to the mean where
that lies beyond. At level 0.8, one in ten brings less than its lower end and at most one in ten more than its upper. The
probability of nothing is exact; what is brought otherwise is taken as Gamma, with the spread that the number of orders
and their values have about the mean (a hurdle Gamma). Where more than one in ten bring nothing, the lower end is 0 and nobody can be
below. Limitation: it knows neither season nor trend nor the error of the parameters: its coverage is measured on a hold-out, against
what it promises.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from assets.insights.clv.methods import family, gamma_gamma, models
from assets.insights.clv.methods.family import Given
from assets.insights.clv.methods.gamma_gamma import SpendFit
from assets.insights.clv.methods.groups import grouped
from assets.insights.clv.methods.maximum_likelihood import Fit
from assets.insights.clv.methods.posterior import Posterior

Floats = NDArray[np.float64]

DAYS_PER_MONTH = 365.25 / 12
MONTHS = (3, 6, 12)
BATCH_ROWS = 1_000_000
NEXT_ORDER_STEPS = 52
"""Within each of which the hazard of the next order is taken as even; the first are short, since a pace is told in days."""
NEXT_ORDER_SHARES = {"next_order_low": 0.1, "next_order": 0.5, "next_order_high": 0.9}
LEAST_LIKELY = 0.5
"""Who is less likely to order again than not has no day of a next order."""


def score(
    customers: pd.DataFrame,
    purchases: Fit,
    alive: Fit | None,
    spend: SpendFit | None,
    *,
    given: Given | None = None,
    yearly_discount_rate: float = 0.10,
    margin: ArrayLike = 1.0,
    months: Sequence[int] = MONTHS,
    level: float = 0.8,
    interval_months: Sequence[int] = MONTHS[-1:],
    batch_rows: int = BATCH_ROWS,
) -> pd.DataFrame:
    """p_alive, expected_order_value, next_order_days with next_order_low_days and next_order_high_days, and, for each of `months`,
    p_purchase_{n}m, expected_purchases_{n}m and clv_{n}m; one row a customer.

    Without `spend` there is no money: probabilities and expected purchases only. Customers have frequency, recency, T and
    monetary_value, as fitted. For `interval_months`, clv_low_{n}m and clv_high_{n}m hold the future value with probability `level`, and
    clv_{n}m. `margin` is a share of the money, one for all or one a customer; p_alive is that of `alive` (MBG/NBD or MBG/CNBD-k), and missing
    without it. `given` is what insights.predictions says of the customers.
    """
    margins = np.broadcast_to(np.asarray(margin, float), len(customers))
    if not ((margins >= 0) & (margins <= 1)).all():
        raise ValueError("margin is a share of the money, from 0 to 1")
    if not yearly_discount_rate > -1 or not 0 < level < 1 or not months or not set(interval_months) <= set(months):
        raise ValueError("yearly_discount_rate above -1, level between 0 and 1, interval_months among months")
    scores: dict[str, Floats] = {}
    for at in range(0, max(len(customers), 1), batch_rows):
        batch = customers.iloc[at : at + batch_rows]
        curves = Curves(batch, purchases, given.batch(at, batch_rows) if given else None)
        columns = {"p_alive": curves.p_alive(alive)}
        order_value = curves.order_value(batch, spend) if spend else None
        if order_value is not None:
            columns["expected_order_value"] = order_value
        columns |= _next_order(curves, max(months) * curves.month)
        for name, values in _by_month(curves, spend, yearly_discount_rate, months, level, interval_months).items():
            is_money = name.startswith("clv_")
            columns[name] = values * order_value * margins[at : at + batch_rows] if is_money else values
        for name, values in columns.items():
            scores.setdefault(name, np.empty(len(customers)))[at : at + batch_rows] = values
    return pd.DataFrame(scores, index=customers.index, copy=False)


class Curves:
    """What customers are expected to do by any number of months: a model's figures, one a group, made one family with what is given."""

    def __init__(self, customers: pd.DataFrame, purchases: Fit, given: Given | None):
        self.groups, self.numbers = grouped(customers)
        self.after = models.posterior(purchases, self.groups)
        self.days_per_unit = purchases.days_per_unit
        self.month = DAYS_PER_MONTH / purchases.days_per_unit
        self.given = given
        self.ratio = np.ones(len(self.numbers))
        if given:
            self.horizon = given.horizon_days / purchases.days_per_unit
            self.ratio = family.hazard_ratio(given.p_purchase, self.after.p_some(self.horizon)[self.numbers])

    def p_purchase(self, horizon: float) -> Floats:
        return family.p_purchase(self.after.p_some(horizon)[self.numbers], self.ratio)

    def purchases(self, horizon: float) -> Floats:
        modelled, expected = (
            by_group[self.numbers] for by_group in (self.after.p_some(horizon), self.after.expected(horizon))
        )
        return family.purchases(expected, modelled, self.p_purchase(horizon))

    def days_to_next(self, shares: Sequence[float], horizon: float, rows: NDArray[np.int64]) -> Floats:
        """By when each of these shares of such customers has ordered again, of those who do within the horizon, in days: a column a row of
        the customers, a row a share."""
        numbers = self.numbers[rows]
        wanted = [family.hazard(share * self.p_purchase(horizon)[rows]) / self.ratio[rows] for share in shares]
        times, before = np.zeros((len(shares), len(rows))), np.zeros(len(rows))
        for start, end in pairwise(horizon * np.linspace(0, 1, NEXT_ORDER_STEPS + 1) ** 2):
            hazard = np.maximum(family.hazard(self.after.p_some(end))[numbers], before)
            step = np.maximum(hazard - before, 1e-300)
            for time, hazard_of_share in zip(times, wanted, strict=True):
                is_ahead = hazard_of_share > before
                part = np.minimum((hazard_of_share[is_ahead] - before[is_ahead]) / step[is_ahead], 1)
                time[is_ahead] = start + part * (end - start)
            before = hazard
        return times * self.days_per_unit

    def p_alive(self, alive: Fit | None) -> Floats:
        """That of `alive`, or more where a purchase within the longest horizon is more likely than that."""
        if alive is None:
            return np.full(len(self.numbers), np.nan)
        p_alive = family.p_purchase(models.p_alive(alive, self.groups)[self.numbers], self.ratio)
        return np.maximum(p_alive, self.p_purchase(max(MONTHS) * self.month))

    def order_value(self, customers: pd.DataFrame, spend: SpendFit) -> Floats:
        usual = gamma_gamma.expected_order_value(
            spend, customers["frequency"].to_numpy(float), customers["monetary_value"].to_numpy(float)
        )
        if self.given is None:
            return usual
        return np.where(self.given.expected_spend > 0, self.given.expected_spend / self.purchases(self.horizon), usual)


def _next_order(curves: Curves, horizon: float) -> dict[str, Floats]:
    """On which of the coming days, the first being 1, by a tenth, by half and by nine tenths of those who order within the horizon."""
    # Likely by the figure that is published.
    likely = np.flatnonzero(curves.p_purchase(horizon).round(6) >= LEAST_LIKELY)
    told = {f"{name}_days": np.full(len(curves.numbers), np.nan) for name in NEXT_ORDER_SHARES}
    days = curves.days_to_next(list(NEXT_ORDER_SHARES.values()), horizon, likely)
    for column, of_share in zip(told.values(), days, strict=True):
        column[likely] = np.ceil(of_share)
    return told


def _by_month(
    curves: Curves,
    spend: SpendFit | None,
    yearly_discount_rate: float,
    months: Sequence[int],
    level: float,
    interval_months: Sequence[int],
) -> dict[str, Floats]:
    """By customer; clv_… in order values of the customer."""
    monthly = (1 + yearly_discount_rate) ** (-1 / 12)
    scores: dict[str, Floats] = {}
    before, discounted = np.zeros(len(curves.numbers)), np.zeros(len(curves.numbers))
    for number in range(1, max(months) + 1):
        horizon = number * curves.month
        expected = np.maximum(curves.purchases(horizon), before)
        discounted = discounted + (expected - before) * monthly**number
        before = expected
        if number not in months:
            continue
        p_purchase = curves.p_purchase(horizon)
        scores[f"p_purchase_{number}m"], scores[f"expected_purchases_{number}m"] = p_purchase, expected
        if spend is None:
            continue
        scores[f"clv_{number}m"] = discounted
        if number in interval_months:
            shape = money_shape(curves.after, spend, curves.groups["frequency"].to_numpy(float), horizon)
            # Discounting scales the whole distribution as it does its mean.
            scores[f"clv_low_{number}m"], scores[f"clv_high_{number}m"] = money_interval(
                p_purchase, discounted, shape[curves.numbers], level
            )
    return scores


def money_shape(after: Posterior, spend: SpendFit, frequency: Floats, horizon: float) -> Floats:
    """The squared mean of the money within the horizon as a share of its variance, if there is any."""
    mean = after.expected(horizon)
    second = after.second_factorial_moment(horizon) + mean
    within, between = gamma_gamma.spread(spend, frequency)
    p_some = np.maximum(after.p_some(horizon), family.SURE)
    mean_if_some = np.maximum(mean / p_some, family.SURE)
    square_if_some = (mean * within + second) * (1 + between) / p_some
    return mean_if_some**2 / np.maximum(square_if_some - mean_if_some**2, 1e-6 * mean_if_some**2)


def money_interval(p_some: Floats, mean: Floats, shape: Floats, level: float) -> tuple[Floats, Floats]:
    """Interval of the money, in the unit of `mean`, which it contains."""
    tail = (1 - level) / 2
    low, high = (_quantile(share, p_some, mean, shape) for share in (tail, 1 - tail))
    return np.minimum(low, mean), np.maximum(high, mean)


def promised(p_some: Floats, mean: Floats, shape: Floats, level: float) -> Floats:
    """The probability of each interval of money_interval: more than `level` where an end is 0, the value of many, or the mean."""
    from scipy.special import gammainc

    low, high = money_interval(p_some, mean, shape, level)
    scale = np.maximum(mean, 1e-300) / np.maximum(p_some, family.SURE) / shape
    some = gammainc(shape, high / scale) - gammainc(shape, low / scale)
    return np.where(low > 0, 0, 1 - p_some) + p_some * some


def _quantile(share: float, p_some: Floats, mean: Floats, shape: Floats) -> Floats:
    from scipy.special import gammaincinv

    values = np.zeros_like(mean)
    some = 1 - p_some < share
    at = np.clip((share - 1 + p_some[some]) / p_some[some], 0, 1 - 1e-12)
    values[some] = gammaincinv(shape[some], at) * mean[some] / p_some[some] / shape[some]
    return values
