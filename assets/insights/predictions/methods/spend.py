"""Expected spend within the horizon: probability of a purchase times the amount if there is one.

The amount is a ridge regression of log spend among those who bought, brought to the level of money by one factor, with which all
money expected of the newest closed window is all of its money. Season caveat: that factor is the level of the last window; before an
autumn peak it is too low. Where something simpler (the customer's own mean purchase, past spend) errs less on the hold-out
and ranks as well, that is the amount instead.

No amount is more than WITHIN times off the customer's own pace, which is the mean purchase, drawn towards the shop's as if by one more
purchase, times the purchases of a horizon in which there is one. So whoever may buy is expected to spend something, and
spend divided by purchases is an order that this customer could make.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from resources.errors import NotEnough
from resources.learning.encoding import Floats, floats
from resources.learning.model import Model, fit, load
from resources.learning.study import Row, Rule, challenged

# One order of a thousand times the usual must not become everybody's level.
GIANT_SHARE, GIANT_TIMES = 0.99, 10
RANKING_SLACK = 0.01
TOP_SHARE = 0.1
WITHIN = 3.0
LEVEL_STEPS = 8

Basis = Literal["ridge", "own mean purchase", "spend", "spend_90d"]
SIMPLER: tuple[Basis, ...] = ("own mean purchase", "spend", "spend_90d")


@dataclass(frozen=True, eq=False)
class Spend:
    """What is expected, by its basis. `scale` brings the basis to the level of a window; no amount counts for more than `most` before
    that. `usual` is what a purchase of this shop brings."""

    basis: Basis
    horizon_days: int
    usual: float
    most: float
    scale: float
    amount: Model | None

    def expected(self, p_purchase: Floats, frame: pd.DataFrame) -> Floats:
        if self.basis in ("spend", "spend_90d"):
            spend = np.nan_to_num(floats(frame[self.basis]))
        elif self.amount:
            spend = p_purchase * np.expm1(np.clip(self.amount.predict(frame), 0, np.log1p(self.most)))
        else:
            spend = p_purchase * np.minimum(np.nan_to_num(floats(frame["monetary_value"])), self.most)
        usual = p_purchase * self.pace(frame)
        return np.clip(self.scale * spend, usual / WITHIN, usual * WITHIN)

    def pace(self, frame: pd.DataFrame) -> Floats:
        """What each customer's purchases of a horizon bring, if there are any, by the own mean purchase and the own pace."""
        frequency = floats(frame["frequency"])
        own = np.maximum(np.nan_to_num(floats(frame["spend"])), 0)
        horizons = np.maximum(floats(frame["t_days"]) / self.horizon_days, 1)
        return (own + self.usual) / (frequency + 1) * (1 + (frequency - 1) / horizons)

    def at_level(self, p_purchase: Floats, frame: pd.DataFrame) -> "Spend":
        """The same with the factor that gives all money of a labelled frame."""
        actual = np.minimum(floats(frame["later_spend"]), self.most).sum()
        found = self
        # More than one step, because amounts at a bound do not follow the factor.
        for _ in range(LEVEL_STEPS):
            expected = found.expected(p_purchase, frame).sum()
            if actual <= 0 or expected <= 0:
                raise NotEnough("a window in which more was paid than paid back", round(float(actual), 2))
            found = replace(found, scale=found.scale * float(actual / expected))
        return found

    def parameters(self, folder: Path) -> dict[str, Any]:
        amount = self.amount.parameters(folder) if self.amount else None
        return {field.name: getattr(self, field.name) for field in fields(self)} | {"amount": amount}


def load_spend(parameters: Mapping[str, Any], folder: Path) -> Spend:
    amount = load(parameters["amount"], folder) if parameters["amount"] else None
    return Spend(**{**parameters, "amount": amount})


def fit_spend(
    labelled: pd.DataFrame,
    level: pd.DataFrame,
    p_purchase: Floats,
    horizon_days: int,
    names: Sequence[str],
    limits: Mapping[str, float],
    basis: Basis = "ridge",
) -> Spend:
    """Fitted on `labelled`, brought to the level of the window of `level`, whose customers buy with `p_purchase`."""
    spent = floats(labelled["later_spend"])
    paying = labelled[spent > 0].reset_index(drop=True)
    if not len(paying):
        raise NotEnough("purchases with a price", "none")
    most = float(GIANT_TIMES * np.quantile(spent[spent > 0], GIANT_SHARE))
    amount = None
    if basis == "ridge":
        target = np.log1p(np.minimum(floats(paying["later_spend"]), most))
        amount = fit("linear", paying, target, names, is_class=False, caps=limits)
    usual = float(np.maximum(np.nan_to_num(floats(labelled["spend"])), 0).sum() / floats(labelled["frequency"]).sum())
    return Spend(basis, horizon_days, usual, most, 1.0, amount).at_level(p_purchase, level)


def judged_spend(actual: Floats, expected: Floats) -> dict[str, float]:
    """Level (`bias`, of the total), error, and ranking: Spearman's rho and the money of the tenth expected to spend most."""
    top = max(1, round(TOP_SHARE * len(actual)))
    ranks = [pd.Series(values).rank().to_numpy() for values in (actual, expected)]
    rho = float(np.corrcoef(*ranks)[0, 1]) if min(np.ptp(r) for r in ranks) > 0 else 0.0
    total = float(actual.sum())
    return {
        "bias": round(float(expected.sum()) / total - 1, 4) if total > 0 else 0.0,
        "mae": round(float(np.mean(np.abs(actual - expected))), 4),
        "rmse": round(float(np.sqrt(np.mean((actual - expected) ** 2))), 4),
        "spearman": round(rho, 4),
        "top_tenth_share": round(float(actual[np.argsort(-expected, kind="stable")[:top]].sum()) / total, 4)
        if total > 0
        else 0.0,
    }


def study_spend(
    past: pd.DataFrame,
    level: pd.DataFrame,
    p_level: Floats,
    later: pd.DataFrame,
    p_later: Floats,
    horizon_days: int,
    names: Sequence[str],
    limits: Mapping[str, float],
) -> tuple[Basis, list[dict[str, Any]]]:
    """The basis to be used, and the hold-out table. Fitted on `past` at the level of `level`."""
    actual = floats(later["later_spend"])
    figures: dict[Basis, dict[str, float]] = {}
    for basis in ("ridge", *SIMPLER):
        try:
            fitted = fit_spend(past, level, p_level, horizon_days, names, limits, basis)
        except NotEnough:
            if basis == "ridge":
                raise
            continue
        figures[basis] = judged_spend(actual, fitted.expected(p_later, later))
    rows = [{"model": basis} | found for basis, found in figures.items()]
    chosen = challenged(rows, "ridge", RULE)
    return chosen, [{"is_used": row["model"] == chosen} | row for row in rows]


def _beats(mine: Row, ridge: Row) -> bool:
    """A lower error, and no worse ranking."""
    return mine["rmse"] < ridge["rmse"] and mine["spearman"] >= ridge["spearman"] - RANKING_SLACK


RULE = Rule("rmse", beats=_beats, holds=_beats)
