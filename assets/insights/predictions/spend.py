"""Expected spend within the horizon: probability of a purchase times the amount if there is one.

The amount is a ridge regression of log spend among those who bought, brought back to the level of money by one factor: all
money of the newest closed window over all money expected of it. Season caveat: that factor is the level of the last window; before an
autumn peak it is too low. Where the regression does not rank the hold-out at least as well as each customer's own mean
purchase, that mean is the amount.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from resources.learning.encoding import Floats, floats
from resources.learning.model import Model, NotEnough, fit, load

# One order of a thousand times the usual must not become everybody's level.
GIANT_SHARE, GIANT_TIMES = 0.99, 10
RANKING_SLACK = 0.01
TOP_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class Spend:
    """`amount` is None where the customer's own mean purchase is used; no amount is above `most`."""

    amount: Model | None
    most: float
    scale: float

    def expected(self, p_purchase: Floats, frame: pd.DataFrame) -> Floats:
        own = np.nan_to_num(np.maximum(floats(frame["monetary_value"]), 0))
        amounts = own if self.amount is None else np.expm1(np.clip(self.amount.predict(frame), 0, np.log1p(self.most)))
        return self.scale * p_purchase * np.minimum(amounts, self.most)

    def at_level(self, p_purchase: Floats, frame: pd.DataFrame) -> "Spend":
        """The same with the factor that gives all money of a labelled frame."""
        actual = np.minimum(floats(frame["later_spend"]), self.most).sum()
        expected = replace(self, scale=1.0).expected(p_purchase, frame).sum()
        if actual <= 0 or expected <= 0:
            raise NotEnough("a window in which more was paid than paid back", round(float(actual), 2))
        return replace(self, scale=float(actual / expected))

    def parameters(self, folder: Path) -> dict[str, Any]:
        amount = self.amount.parameters(folder) if self.amount else None
        return {"amount": amount, "most": self.most, "scale": self.scale}


def load_spend(parameters: Mapping[str, Any], folder: Path) -> Spend:
    amount = load(parameters["amount"], folder) if parameters["amount"] else None
    return Spend(amount, parameters["most"], parameters["scale"])


def fit_spend(
    labelled: pd.DataFrame,
    level: pd.DataFrame,
    p_purchase: Floats,
    names: Sequence[str],
    limits: Mapping[str, float],
    *,
    is_own_mean: bool = False,
) -> Spend:
    """Fitted on `labelled`, brought to the level of the window of `level`, whose customers buy with `p_purchase`."""
    spent = floats(labelled["later_spend"])
    paying = labelled[spent > 0].reset_index(drop=True)
    if not len(paying):
        raise NotEnough("purchases with a price", "none")
    most = float(GIANT_TIMES * np.quantile(spent[spent > 0], GIANT_SHARE))
    amount = None
    if not is_own_mean:
        target = np.log1p(np.minimum(floats(paying["later_spend"]), most))
        amount = fit("linear", paying, target, names, is_class=False, caps=limits)
    return Spend(amount, most, 1.0).at_level(p_purchase, level)


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
    names: Sequence[str],
    limits: Mapping[str, float],
) -> tuple[bool, list[dict[str, Any]]]:
    """Whether the customer's own mean is to be used, and the hold-out table. Fitted on `past` at the level of `level`."""
    actual = floats(later["later_spend"])
    models = {
        name: fit_spend(past, level, p_level, names, limits, is_own_mean=name != "ridge")
        for name in ("ridge", "own mean purchase")
    }
    rows = [{"model": name} | judged_spend(actual, model.expected(p_later, later)) for name, model in models.items()]
    level_actual = floats(level["later_spend"]).sum()
    for name in ("spend", "spend_90d"):
        naive, naive_level = (np.maximum(np.nan_to_num(floats(part[name])), 0) for part in (later, level))
        if naive_level.sum() > 0 and level_actual > 0:
            rows.append({"model": name} | judged_spend(actual, naive * level_actual / naive_level.sum()))
    return rows[0]["spearman"] < rows[1]["spearman"] - RANKING_SLACK, rows
