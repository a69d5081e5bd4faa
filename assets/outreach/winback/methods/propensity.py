"""How probable a first purchase is: of a category by who has bought others, or of anything by who has come and never bought."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.util import hash_array

from resources.actions import Action
from resources.learning.metrics import judged
from resources.learning.model import Model, fit, load

Floats = NDArray[np.float64]

OF_VISITORS = ("visit_recency_days", "session_count_30d", "view_count_30d", "cart_count_30d")
OF_BUYERS = (
    "recency_days", "frequency", "monetary_value", "purchases_90d", "recency_to_gap", "category_count", "session_count_30d", "view_count_30d",
    "cart_count_30d", "category_event_count_90d",
)  # fmt: skip
AGE_CAP_DAYS = 365.0
SAMPLE_ROWS = 20_000


@dataclass(frozen=True, eq=False)
class Propensity:
    """The probability of a first purchase within an action's window, by a learner (None where it is not ahead of the rate of all), and what such a
    purchase is worth on average."""

    model: Model | None
    rate: float
    mean_paid: float

    def p_purchase(self, customers: pd.DataFrame) -> Floats:
        return self.model.predict(customers) if self.model else np.full(len(customers), self.rate)

    def parameters(self, folder: Path) -> dict[str, Any]:
        model = self.model.parameters(folder) if self.model else None
        return {"model": model, "rate": self.rate, "mean_paid": self.mean_paid}

    @classmethod
    def of(cls, told: Mapping[str, Any], folder: Path) -> "Propensity":
        return cls(load(told["model"], folder) if told["model"] else None, told["rate"], told["mean_paid"])


def is_meant(customers: pd.DataFrame, action: Action) -> NDArray[np.bool_]:
    """Whom an action's goal is about: buyers, of whom a cross-sell takes those without a purchase of its category, or visitors who never bought."""
    has_bought = customers["frequency"].to_numpy(float) > 0
    if action.goal == "win_new":
        return ~has_bought & customers["visit_recency_days"].notna().to_numpy()
    if action.goal == "cross_sell":
        return has_bought & (customers["category_line_count"].to_numpy(float) <= 0)
    return has_bought


def sampled(customers: pd.DataFrame) -> pd.DataFrame:
    """Of more than SAMPLE_ROWS customers those first by a hash of the person, who stand for all."""
    if len(customers) <= SAMPLE_ROWS:
        return customers
    hashes = hash_array(customers["person_id"].to_numpy(object), categorize=False)
    return customers.iloc[np.sort(np.argsort(hashes, kind="stable")[:SAMPLE_ROWS])]


def study(earlier: pd.DataFrame, later: pd.DataFrame, action: Action) -> tuple[Propensity, list[dict[str, Any]]]:
    """Learned on earlier cut-offs and judged on a later one, beside the rate of all. Both: the inputs, bought (0/1) and paid within the window.
    Raises NotEnough where too few bought."""
    names = [name for name in (OF_VISITORS if action.goal == "win_new" else OF_BUYERS) if name in earlier]
    caps = {name: AGE_CAP_DAYS for name in names if name.endswith("recency_days")}
    model = fit("logistic", earlier, earlier["bought"].to_numpy(float), names, caps=caps)
    rate = float(earlier["bought"].mean())
    labels = later["bought"].to_numpy(float)
    rows = [
        {"model": "logistic"} | judged(labels, model.predict(later)),
        {"model": "rate of all"} | judged(labels, np.full(len(later), rate)),
    ]
    is_ahead = rows[0]["log_loss"] < rows[1]["log_loss"]
    mean_paid = float(earlier.loc[earlier["bought"] > 0, "paid"].clip(lower=0).mean())
    return Propensity(model if is_ahead else None, round(rate, 6), round(mean_paid, 4)), rows
