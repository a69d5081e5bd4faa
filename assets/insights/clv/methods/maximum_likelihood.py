"""Fitting purchase models by maximum likelihood, on groups, so that there is a fit or a reason why not.

`lifetimes` first; where it does not converge, or converges to nonsense without saying so, it is tried from other starts;
then its own likelihood is maximised within bounds from several starts (L-BFGS-B; Byrd, Lu, Nocedal and Zhu 1995).
Which of these gave the parameters is part of the fit. Nothing is penalised: a penalty that looks small moves totals by per cents.
"""

import io
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assets.insights.clv.methods.groups import KEY, weights_of
from assets.insights.clv.methods.likelihood import Lifetimes, fast_fitter, fitter
from resources.errors import NotEnough

Model = Literal["bgnbd", "mbgnbd", "mbgcnbd", "nbd"]
Path = Literal["lifetimes", "lifetimes, other start", "own bounded", "own"]
"""`own`: of a model that lifetimes does not have."""

NAMES = ("r", "alpha", "a", "b")
LIFETIMES_START = 0.1
"""Log of every parameter where lifetimes begins; a and b that are still there were not estimated."""
LOG_BOUNDS = [(np.log(low), np.log(high)) for low, high in ((1e-3, 1e3), (1e-4, 1e3), (1e-3, 1e3), (1e-3, 1e3))]
"""Of r, alpha as a share of the longest T, a and b. Beyond them a model is its own limit: all customers alike, or none drops out."""
OTHER_STARTS = (np.log([0.3, 0.1, 0.5, 1.5]), np.log([1.0, 0.5, 0.3, 3.0]))
BOUNDED_STARTS = tuple(np.log(start) for start in product((0.2, 2.0), (0.05, 1.0), (0.2,), (1.0, 5.0)))


MIN_DROP_OUT = 0.005
"""A smaller mean chance to drop out with a purchase is none: then everybody is alive, whatever the silence."""


@dataclass(frozen=True)
class Needs:
    """The least a purchase model is fitted on."""

    customers: int = 100
    repeat_buyers: int = 30
    days: int = 60


@dataclass(frozen=True)
class Fit:
    model: Model
    r: float
    alpha: float
    """In the fit's unit of time."""
    a: float
    b: float
    log_likelihood: float
    path: Path
    days_per_unit: float
    customers: int
    repeat_buyers: int
    standard_errors: Mapping[str, float] | None
    """By the curvature of the likelihood; none where that is flat, as at a bound."""
    notes: tuple[str, ...] = ()
    k: int = 1
    """Stages between two purchases: more than one in MBG/CNBD-k only."""

    @property
    def sees_drop_out(self) -> bool:
        return self.a / (self.a + self.b) >= MIN_DROP_OUT

    def parameters(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> "Fit":
        return cls(**{**parameters, "notes": tuple(parameters["notes"])})


def fit_model(model: Lifetimes, groups: pd.DataFrame, days_per_unit: float, needs: Needs) -> Fit:
    """Fit to frequency, recency, T and, where rows stand for several customers, customer_count."""
    check(groups, days_per_unit, needs)
    x, t_x, age = (groups[column].to_numpy(float) for column in KEY)
    weights = weights_of(groups)
    with lifetimes_contained():
        log_params, path, curvature = _maximise(fast_fitter(model, x, weights), x, t_x, age, weights)
        value = -fitter(model)._negative_log_likelihood(log_params, x, t_x, age, weights, 0.0) * weights.sum()
    parameters = dict(zip(NAMES, np.exp(log_params).tolist(), strict=True))
    stuck = at_bound(log_params - np.log([1, age.max(), 1, 1]))
    notes = [f"{name} at the bound of its range" for name in stuck]
    if not (x == 0).any():
        notes.append("no one-time buyers: if they were left out, rates are too high")
    return Fit(
        model=model,
        **parameters,
        log_likelihood=float(value),
        path=path,
        days_per_unit=days_per_unit,
        customers=int(weights.sum()),
        repeat_buyers=int(weights[x > 0].sum()),
        standard_errors=None if stuck else standard_errors(parameters, curvature, weights.sum()),
        notes=tuple(notes),
    )


def check(groups: pd.DataFrame, days_per_unit: float, needs: Needs) -> None:
    """Raise ValueError for rows no history can have, NotEnough where there is too little."""
    frequency, recency, age = (groups[column].to_numpy(float) for column in KEY)
    weights = weights_of(groups)
    if not all(np.isfinite(column).all() for column in (frequency, recency, age, weights)):
        raise ValueError("frequency, recency, T and customer_count must be known and finite")
    if (
        (frequency != np.floor(frequency)).any()
        or (frequency < 0).any()
        or (recency < 0).any()
        or (recency > age).any()
    ):
        raise ValueError("frequency must be a count and 0 <= recency <= T")
    if ((recency > 0) != (frequency > 0)).any():
        raise ValueError("recency must be above 0 for repeat buyers and 0 for others: merge the lines of a day")
    if weights.sum() < needs.customers:
        raise NotEnough(f"{needs.customers} customers", f"{weights.sum():g}")
    if age.max() * days_per_unit < needs.days:
        raise NotEnough(f"{needs.days} days since the first purchase", f"{age.max() * days_per_unit:g}")
    if weights[frequency > 0].sum() < needs.repeat_buyers:
        raise NotEnough(f"{needs.repeat_buyers} customers who bought again", f"{weights[frequency > 0].sum():g}")


def _maximise(
    fitter: Any, x: NDArray[Any], t_x: NDArray[Any], age: NDArray[Any], weights: NDArray[Any]
) -> tuple[NDArray[np.float64], Path, NDArray[np.float64] | None]:
    """Log parameters, how they were found, and the Hessian of the mean negative log-likelihood there."""
    from lifetimes.utils import ConvergenceError

    unscale = np.log([1, age.max(), 1, 1])
    for number, start in enumerate((None, *OTHER_STARTS)):
        try:
            fitter.fit(x, t_x, age, weights=weights, initial_params=start)
        except (ConvergenceError, np.linalg.LinAlgError):
            continue
        found = np.log(fitter.params_.to_numpy(float))
        if _is_sound(found - unscale):
            return found, "lifetimes" if number == 0 else "lifetimes, other start", fitter._hessian_
    likelihood = fitter._negative_log_likelihood
    log_params, curvature = bounded(likelihood, x, t_x / age.max(), age / age.max(), weights, BOUNDED_STARTS)
    return log_params + unscale, "own bounded", curvature


def _is_sound(log_params: NDArray[np.float64]) -> bool:
    is_untouched = bool(np.all(np.abs(log_params[2:] - LIFETIMES_START) < 1e-3))
    return bool(np.isfinite(log_params).all()) and not is_untouched and not at_bound(log_params)


def at_bound(log_params: NDArray[np.float64]) -> list[str]:
    """Parameters at or beyond a bound; alpha as a share of the longest T."""
    return [
        name
        for name, value, (low, high) in zip(NAMES, log_params, LOG_BOUNDS, strict=True)
        if not low + 1e-6 < value < high - 1e-6
    ]


def bounded(
    likelihood: Callable[..., Any],
    x: NDArray[Any],
    t_x: NDArray[Any],
    age: NDArray[Any],
    weights: NDArray[Any],
    starts: Sequence[NDArray[np.float64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Log parameters within LOG_BOUNDS where a mean negative log-likelihood is smallest, and its Hessian there. Times are shares of the
    longest T. Raises NotEnough."""
    from autograd import hessian, value_and_grad
    from scipy.optimize import minimize

    with_gradient = value_and_grad(likelihood)

    def objective(log_params: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value, gradient = with_gradient(log_params, x, t_x, age, weights, 0.0)
        is_finite = np.isfinite(value) and np.isfinite(gradient).all()
        return (float(value), gradient) if is_finite else (1e10, np.zeros_like(log_params))

    results = [
        minimize(objective, start, jac=True, method="L-BFGS-B", bounds=LOG_BOUNDS, options={"maxiter": 500})
        for start in starts
    ]
    best = min(results, key=lambda result: result.fun)
    if best.fun >= 1e10:
        raise NotEnough("a history whose likelihood is finite from some start", "none")
    return best.x, hessian(likelihood)(best.x, x, t_x, age, weights, 0.0)


def standard_errors(
    parameters: Mapping[str, float], curvature: NDArray[np.float64] | None, customers: float
) -> dict[str, float] | None:
    """Delta method on the log scale the likelihood is maximised on."""
    if curvature is None or not np.isfinite(curvature).all() or np.linalg.eigvalsh(curvature).min() <= 1e-12:
        return None
    deviations = np.sqrt(np.diag(np.linalg.inv(curvature)) / customers)
    return {name: float(value * sd) for (name, value), sd in zip(parameters.items(), deviations, strict=True)}


@contextmanager
def lifetimes_contained() -> Iterator[None]:
    """lifetimes prints failures and resets warning filters: neither leaves this block. (The pandas option it sets stays.)"""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
