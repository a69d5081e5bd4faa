"""Expected order value: Gamma-Gamma, and what stands in for it where it gives nonsense.

Fader, Hardie and Lee (2005), "RFM and CLV: Using Iso-Value Curves for Customer Base Analysis", Journal of Marketing
Research 42; Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value". A customer's orders are Gamma(p, nu) and nu is
Gamma(q, v) over customers. The mean over customers is p v / (q - 1): for q <= 1 there is none, so the fit is refused, as it
is where that mean is far from what orders were worth.

Then each customer's own mean is drawn towards the population's, the more the fewer the orders (Buehlmann 1967), on values
capped at a high quantile; and where too few bought again even for that, all get the population's mean.
"""

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assets.insights.clv.methods.maximum_likelihood import lifetimes_contained
from resources.errors import NotEnough

Floats = NDArray[np.float64]
Method = Literal["gamma-gamma", "shrunken mean", "population mean"]

MIN_REPEAT_BUYERS = 30
FIT_ROWS = 200_000
"""More repeat buyers than this are a sample, drawn with a fixed seed."""
MAX_MEAN_RATIO = 3.0
CAP_QUANTILE = 0.99
MAX_SPREAD = 4.0
"""Squared coefficient of variation beyond which an interval says nothing more."""
LOG_BOUND = np.log(1e4)


@dataclass(frozen=True)
class SpendFit:
    method: Method
    reason: str
    """Why this method and not the one before it; empty for Gamma-Gamma."""
    repeat_buyers: int
    """Customers with repeat orders and positive money among all that were given."""
    observed_mean: float
    """Money an order, over all customers with money; capped where the method is not Gamma-Gamma."""
    population_mean: float
    cap: float
    """No customer's own mean counts for more; infinite under Gamma-Gamma."""
    p: float | None = None
    q: float | None = None
    v: float | None = None
    log_likelihood: float | None = None
    orders_to_half: float | None = None
    """Orders at which own and population mean weigh the same."""
    within: float = 0.0
    """Squared coefficient of variation of one customer's orders."""
    between: float = 0.0
    """The same of customers' means."""
    frequency_correlation: float | None = None
    """Between frequency and monetary value: Gamma-Gamma assumes none."""

    def parameters(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> "SpendFit":
        return cls(**parameters)


def fit(customers: pd.DataFrame, *, min_repeat_buyers: int = MIN_REPEAT_BUYERS, seed: int = 0) -> SpendFit:
    """Fit to frequency, monetary_value (mean of repeat days) and spend (total with the first day).

    Raises NotEnough where no customer has money.
    """
    x, money, spend = (customers[column].to_numpy(float) for column in ("frequency", "monetary_value", "spend"))
    means = (spend / (x + 1))[np.isfinite(spend) & (spend > 0)]
    orders = (x + 1)[np.isfinite(spend) & (spend > 0)]
    if not len(means):
        raise NotEnough("customers with money above 0", 0)
    usable = (x > 0) & np.isfinite(money) & (money > 0)
    x, money = x[usable], money[usable]
    observed = float(np.average(means, weights=orders))
    if len(x) < min_repeat_buyers:
        return _population(means, f"needs {min_repeat_buyers} repeat buyers with money, has {len(x)}", len(x))
    found = _gamma_gamma(*_sample(x, money, seed))
    reason = _refusal(found, observed)
    if found is None or reason:
        return _shrunken(x, money, means, orders, reason)
    p, q, v, log_likelihood = found
    return SpendFit(
        "gamma-gamma", "", len(x), observed, p * v / (q - 1), float("inf"), p, q, v, log_likelihood,
        orders_to_half=(q - 1) / p, within=1 / p, frequency_correlation=_correlation(x, money),
    )  # fmt: skip


def expected_order_value(fit: SpendFit, frequency: Floats, monetary_value: Floats) -> Floats:
    """Money expected of each further order. A customer without repeat orders gets the population's mean."""
    x = np.asarray(frequency, float)
    money = np.asarray(monetary_value, float)
    x = np.where(np.isfinite(money), x, 0.0)
    money = np.clip(np.nan_to_num(money), 0, fit.cap)
    if fit.orders_to_half is None:
        return np.full(len(x), fit.population_mean)
    own_share = x / (x + fit.orders_to_half)
    return (1 - own_share) * fit.population_mean + own_share * money


def spread(fit: SpendFit, frequency: Floats) -> tuple[float, Floats]:
    """Squared coefficients of variation: of an order about the customer's mean, and of that mean given the history."""
    x = np.asarray(frequency, float)
    if fit.p is not None and fit.q is not None:
        left = fit.p * x + fit.q - 2
        unknown = np.where(left > 1 / MAX_SPREAD, 1 / np.maximum(left, 1 / MAX_SPREAD), MAX_SPREAD)
        return min(fit.within, MAX_SPREAD), unknown
    half = fit.orders_to_half
    unknown = fit.between * (np.ones_like(x) if half is None else half / (x + half))
    return min(fit.within, MAX_SPREAD), np.minimum(unknown, MAX_SPREAD)


def _sample(x: Floats, money: Floats, seed: int) -> tuple[Floats, Floats]:
    order = np.lexsort((money, x))
    if len(x) > FIT_ROWS:
        order = order[np.sort(np.random.default_rng(seed).permutation(len(x))[:FIT_ROWS])]
    return x[order], money[order]


def _gamma_gamma(x: Floats, money: Floats) -> tuple[float, float, float, float] | None:
    """p, q, v and the log-likelihood; None where no maximum was found."""
    with lifetimes_contained():
        from lifetimes import GammaGammaFitter
        from lifetimes.utils import ConvergenceError

        scale = float(money.mean())
        fitter = GammaGammaFitter(penalizer_coef=0.0)
        try:
            fitter.fit(x, money / scale)
            log_params = np.log(fitter.params_.to_numpy(float))
        except (ConvergenceError, np.linalg.LinAlgError):
            log_params = _bounded(fitter, x, money / scale)
        log_params = log_params + np.log([1, 1, scale])
        if not np.isfinite(log_params).all():
            return None
        mean = fitter._negative_log_likelihood(log_params, x, money, np.ones_like(x), 0.0)
    p, q, v = np.exp(log_params).tolist()
    return p, q, v, float(-mean * len(x))


def _bounded(fitter: Any, x: Floats, money: Floats) -> Floats:
    from autograd import value_and_grad
    from scipy.optimize import minimize

    results = [
        minimize(
            value_and_grad(fitter._negative_log_likelihood),
            np.log(start),
            args=(x, money, np.ones_like(x), 0.0),
            jac=True,
            method="L-BFGS-B",
            bounds=[(-LOG_BOUND, LOG_BOUND)] * 3,
        )
        for start in ((1.0, 2.0, 1.0), (5.0, 5.0, 1.0), (1.0, 10.0, 10.0))
    ]
    finite = [result for result in results if np.isfinite(result.fun) and np.abs(result.x).max() < LOG_BOUND - 1e-6]
    return min(finite, key=lambda result: result.fun).x if finite else np.full(3, np.nan)


def _refusal(found: tuple[float, float, float, float] | None, observed_mean: float) -> str:
    if found is None:
        return "Gamma-Gamma did not converge"
    p, q, v, _ = found
    if q <= 1:
        return f"Gamma-Gamma refused: q = {q:.3f} is not above 1, so there is no population mean"
    ratio = p * v / (q - 1) / observed_mean
    if not 1 / MAX_MEAN_RATIO <= ratio <= MAX_MEAN_RATIO:
        return f"Gamma-Gamma refused: its population mean is {ratio:.3g} times what orders were worth"
    return ""


def _shrunken(x: Floats, money: Floats, means: Floats, orders: Floats, reason: str) -> SpendFit:
    """Variance of own means about the population's, split by 1/x into between and within customers."""
    cap = float(np.quantile(money, CAP_QUANTILE))
    capped = np.minimum(money, cap)
    population = float(np.average(np.minimum(means, cap), weights=orders))
    squares = (capped / population - np.average(capped, weights=x) / population) ** 2
    design = np.column_stack([np.ones_like(x), 1 / x])
    between, within = np.linalg.lstsq(design, squares, rcond=None)[0]
    total = float(squares.mean())
    between = float(np.clip(between, 0.01 * total, total))
    within = float(max(within, total - between, 0.01 * total))
    half = float(np.clip(within / between, 0.01, 100)) if total > 0 else 1.0
    return SpendFit(
        "shrunken mean", reason, len(x), population, population, cap,
        orders_to_half=half, within=within, between=between, frequency_correlation=_correlation(x, money),
    )  # fmt: skip


def _population(means: Floats, reason: str, repeat_buyers: int) -> SpendFit:
    cap = float(np.quantile(means, CAP_QUANTILE))
    capped = np.minimum(means, cap)
    mean = float(capped.mean())
    spread_of_means = float(capped.var() / mean**2)
    return SpendFit(
        "population mean", reason, repeat_buyers, mean, mean, cap,
        within=spread_of_means / 2, between=spread_of_means / 2,
    )  # fmt: skip


def _correlation(x: Floats, money: Floats) -> float | None:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = float(np.corrcoef(x, money)[0, 1])
    return found if np.isfinite(found) else None
