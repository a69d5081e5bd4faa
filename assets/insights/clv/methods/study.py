"""Purchase models judged on what came after their cut-off, and which of them is used.

One table for purchases and one for money, with the models, the challengers and the naive rows beside each other, judged by level
(total bias), error (MAE, RMSE, MSLE), ranking (Gini, top decile, correlation) and calibration (by frequency bucket).

Rule: no figure alone decides. A forecast beats another if, of RMSE, bias, Gini and calibration error, it is better by more than
MARGIN on at least LEAD more than it is worse on. BG/NBD gives its place to MBG/NBD, and that to MBG/CNBD-k, if the next beats it on
purchases. Where what is chosen does not beat every naive row, NBD, which is no more than each customer's own past rate drawn towards the
shop's, takes its place if it beats it; else the chosen one serves, and the reason says that a naive row would do as well. So a
week has figures as soon as there is history enough, and what they are worth is said. What stands of the money
table is said, not acted on: the regressions, the cohort curve and the naive rows tell one horizon and no interval, so none of them could
take the place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from assets.insights.clv.methods import gamma_gamma, metrics, models, value
from assets.insights.clv.methods.gamma_gamma import SpendFit
from assets.insights.clv.methods.groups import grouped
from assets.insights.clv.methods.maximum_likelihood import Fit

LEVELS = (0.5, 0.8, 0.95)
MARGIN = 0.01
"""Figures closer than this (relative) are the same."""
LEAD = 2
CRITERIA = {
    "error": lambda row: row["rmse"],
    "level": lambda row: None if row["total_bias"] is None else abs(row["total_bias"]),
    "ranking": lambda row: None if row["normalised_gini"] is None else 1 - row["normalised_gini"],
    "calibration": lambda row: row["calibration_error"],
}
"""By each of these a smaller figure is better."""


def judge(
    customers: pd.DataFrame,
    fits: Sequence[Fit],
    spend: SpendFit | None,
    horizon_days: int,
    purchase_challengers: Mapping[str, ArrayLike] | None = None,
    money_challengers: Mapping[str, ArrayLike] | None = None,
) -> dict[str, Any]:
    """The figures of a hold-out as plain rows. Customers have frequency, recency, T, monetary_value, spend as of the cut-off,
    later_purchases and later_spend of the `horizon_days` after it; all times in the unit of the fits."""
    horizon = horizon_days / fits[0].days_per_unit
    groups, numbers = grouped(customers)
    expected = {models.name_of(f): models.posterior(f, groups).expected(horizon)[numbers] for f in fits}
    frequency, bought = customers["frequency"], customers["later_purchases"]
    purchases = expected | dict(purchase_challengers or {}) | metrics.naive_purchases(customers, horizon)
    figures: dict[str, Any] = {
        "customers": len(customers),
        "horizon_days": horizon_days,
        "actual_purchases": int(bought.sum()),
        "purchases": rows_of(metrics.holdout_table(bought, purchases, frequency)),
        "by_frequency": rows_of(metrics.by_frequency(frequency, bought, expected)),
    }
    if spend is None:
        return figures
    order_value = _order_value(customers, spend)
    money = {f"{name} x {spend.method}": counts * order_value for name, counts in expected.items()}
    money |= dict(money_challengers or {}) | metrics.naive_money(customers, horizon)
    return figures | {
        "actual_money": round(float(customers["later_spend"].sum()), 2),
        "money": rows_of(metrics.holdout_table(customers["later_spend"], money, frequency)),
        "coverage": [
            {"model": models.name_of(fit), "level": level}
            | _coverage(customers, groups, numbers, fit, spend, horizon, level)
            for fit in fits
            for level in LEVELS
        ],
    }


def _coverage(
    customers: pd.DataFrame, groups: pd.DataFrame, numbers: Any, fit: Fit, spend: SpendFit, horizon: float, level: float
) -> dict[str, float]:
    order_value = _order_value(customers, spend)
    after = models.posterior(fit, groups)
    shape = value.money_shape(after, spend, groups["frequency"].to_numpy(float), horizon)
    money = after.p_some(horizon), after.expected(horizon), shape, level
    low, high = value.money_interval(*money)
    promised = value.promised(*money)
    shares = metrics.interval_coverage(
        customers["later_spend"], low[numbers] * order_value, high[numbers] * order_value, promised[numbers]
    )
    return {name: round(share, 6) for name, share in shares.items()}


def _order_value(customers: pd.DataFrame, spend: SpendFit) -> Any:
    return gamma_gamma.expected_order_value(
        spend, customers["frequency"].to_numpy(float), customers["monetary_value"].to_numpy(float)
    )


def figures_of(holdout: Mapping[str, Any], chosen: str) -> dict[str, float | None]:
    """What checks judge of a hold-out: the chosen model's RMSE as a share of the best naive row's, for purchases and money; its total
    bias; and by how much its 80 % interval held more or fewer customers than it promised."""
    by_name = {row["model"]: row for row in holdout["purchases"]}
    gaps = [
        row["covered_share"] - row["promised_share"]
        for row in holdout.get("coverage", ())
        if row["model"] == chosen and row["level"] == 0.8
    ]
    return {
        "purchase_error_ratio": _error_ratio(holdout["purchases"], chosen),
        "money_error_ratio": _error_ratio(holdout.get("money", ()), chosen),
        "total_bias": by_name[chosen]["total_bias"],
        "coverage_gap": gaps[0] if gaps else None,
    }


def _error_ratio(rows: Sequence[Mapping[str, Any]], chosen: str) -> float | None:
    errors = {row["model"]: row["rmse"] for row in rows}
    own = next((error for name, error in errors.items() if name.split(" x ")[0] == chosen), None)
    naive = min((error for name, error in errors.items() if name.startswith("naive")), default=None)
    return own / naive if own is not None and naive else None


@dataclass(frozen=True)
class Choice:
    fit: Fit
    """What serves."""
    beats_naive: bool
    """Whether it does better than every naive row."""
    reason: str


def choose(figures: Mapping[str, Any], fits: Sequence[Fit]) -> Choice:
    """Which of the fits, in the order of `models.fit_all`, serves by the figures of `judge`, and why."""
    by_name = {row["model"]: row for row in figures["purchases"]}
    *candidates, plain = fits
    chosen, said = candidates[0], []
    for fit in candidates[1:]:
        mine, other = models.name_of(fit), models.name_of(chosen)
        is_better, why = _against(by_name[mine], by_name[other])
        said.append(f"{mine} {'takes the place of' if is_better else 'does not beat'} {other}: {why}")
        chosen = fit if is_better else chosen
    lost = _unbeaten(models.name_of(chosen), by_name, only="naive")
    if lost:
        mine, other = models.name_of(plain), models.name_of(chosen)
        is_better, why = _against(by_name[mine], by_name[other])
        lost.append(
            f"{mine}, each customer's own past rate drawn towards the shop's, serves instead: {why}"
            if is_better
            else f"{other} serves although a naive row would do as well, since that knows one horizon only"
        )
        chosen = plain if is_better else chosen
    said += lost or [f"{models.name_of(chosen)} beats every naive row on purchases"]
    if "money" in figures:
        money = {row["model"]: row for row in figures["money"]}
        names = [f"{models.name_of(fit)} x " for fit in fits]
        own = next(name for name in money if name.startswith(f"{models.name_of(chosen)} x "))
        others = {name: row for name, row in money.items() if name == own or not name.startswith(tuple(names))}
        said += _unbeaten(own, others) or [f"{own} beats every other row on money"]
    return Choice(chosen, not lost, "; ".join(said))


def _unbeaten(own: str, by_name: Mapping[str, Mapping[str, Any]], only: str = "") -> list[str]:
    verdicts = {
        name: _against(by_name[own], row) for name, row in by_name.items() if name != own and name.startswith(only)
    }
    return [f"{own} does not beat {name}: {why}" for name, (is_better, why) in verdicts.items() if not is_better]


def _against(row: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[bool, str]:
    better, worse = [], []
    for name, figure in CRITERIA.items():
        mine, theirs = figure(row), figure(other)
        if mine is None or theirs is None or np.isclose(mine, theirs, rtol=MARGIN, atol=1e-9):
            continue
        (better if mine < theirs else worse).append(name)
    said = [f"{word} on {', '.join(names)}" for word, names in (("better", better), ("worse", worse)) if names]
    return len(better) - len(worse) >= LEAD, ", ".join(said) or "alike on all"


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Plain rows, rounded, so that they can be kept as JSON."""
    return [
        {
            name: None if pd.isna(value) else round(value, 6) if isinstance(value, float) else value
            for name, value in row.items()
        }
        for row in table.to_dict("records")
    ]
