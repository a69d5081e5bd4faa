"""What to offer again, and when: the probability that a customer buys a product again within the horizon.

A logistic regression over pairs of customer and product bought before: how often, how long ago, how that compares with the usual
gap between purchases of the product (a geometric mean, pulled towards that of all products where there are few), and how
popular the product is, and how much of the customer's attention its category has. Trained on a window that closed before the day of the
fit, and judged on the next.

A product is due until its hazard has fallen to what it is for any product once bought: the share bought again by lateness (the
logarithm of the days since the purchase in usual gaps, and its square, in a logistic regression of its own) falls; from where it
lies below that of all pairs on, the customer has most likely stopped buying it, and it is on no list.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.insights.recommendations.methods.history import Past
from assets.insights.recommendations.methods.interactions import Floats
from assets.insights.recommendations.methods.weighting import PURCHASE

if TYPE_CHECKING:
    import pandas as pd

FEATURES = (
    "log_days",
    "log_age",
    "log_lateness",
    "log_lateness_squared",
    "log_popularity",
    "log_person_age",
    "log_category_share",
)
GAP_SHRINKAGE = 5.0
USUAL_GAP_DAYS = 60.0
LEAST_REPEATS = 20


def pairs(past: Past, gaps: "pd.DataFrame", buyers: Floats | None = None) -> "pd.DataFrame":
    """One row a person and product bought before, with FEATURES, gap_days and the days with a purchase of it.

    The log of `past` has span_days beside the columns it needs. `gaps`: product_id, gap_count, log_gap_sum. `buyers`: by product of
    the past the customers who bought it, where the log is of some customers only.
    """
    import pandas as pd

    log = past.log
    bought = log[log["event_type"] == PURCHASE].reset_index(drop=True)
    count, total = float(gaps["gap_count"].sum()), float(gaps["log_gap_sum"].sum())
    usual = (total + np.log(USUAL_GAP_DAYS)) / (count + 1)
    table = gaps.set_index("product_id")
    known = bought["product_id"].map(table["gap_count"]).fillna(0).to_numpy(float)
    sums = bought["product_id"].map(table["log_gap_sum"]).fillna(0).to_numpy(float)
    # The person's own gaps with the product count like others', beside the product's.
    own = bought["event_count"].to_numpy(float) - 1
    own_gap = np.log(np.maximum(bought["span_days"].to_numpy(float), 1) / np.maximum(own, 1))
    gap = (sums + GAP_SHRINKAGE * usual) / (known + GAP_SHRINKAGE)
    gap = (GAP_SHRINKAGE * gap + 2 * own * own_gap) / (GAP_SHRINKAGE + 2 * own)
    age = np.maximum(bought["age_days"].to_numpy(float), 1)
    known_by = past.bought().times_known() if buyers is None else buyers
    popularity = known_by[pd.Index(past.products).get_indexer(bought["product_id"])]
    recent = bought.groupby("person_id")["age_days"].transform("min").to_numpy(float)
    lateness = np.log(age) - gap
    return bought[["person_id", "product_id", "event_count", "age_days"]].assign(
        gap_days=np.exp(gap).round(6),
        log_days=np.log(bought["event_count"].to_numpy(float)),
        log_age=np.log(age),
        log_lateness=lateness,
        log_lateness_squared=lateness**2,
        log_popularity=np.log1p(popularity),
        log_person_age=np.log1p(recent),
        log_category_share=_category_shares(past, bought),
    )


def _category_shares(past: Past, bought: "pd.DataFrame") -> "np.ndarray[Any, Any]":
    """The logarithm of the share of the product's category in all that the person did; 0 in a shop without categories."""
    import pandas as pd

    label = past.labels.get("category")
    if label is None or not (label >= 0).any():
        return np.zeros(len(bought))
    category = pd.Series(label, index=past.products)
    counted = past.log.assign(category=past.log["product_id"].map(category))
    own = counted.groupby(["person_id", "category"])["event_count"].sum()
    whole = past.log.groupby("person_id")["event_count"].sum().reindex(bought["person_id"]).to_numpy(float)
    wanted = pd.MultiIndex.from_arrays([bought["person_id"], bought["product_id"].map(category)])
    return np.log((own.reindex(wanted).fillna(0).to_numpy(float) + 0.5) / (whole + 5.0))


@dataclass(frozen=True)
class Rebuy:
    """`coefficients`: of the standardised FEATURES, the intercept first. `due_gaps`: for so many usual gaps a product is due."""

    means: tuple[float, ...]
    scales: tuple[float, ...]
    coefficients: tuple[float, ...]
    due_gaps: float

    def probability(self, rows: "pd.DataFrame") -> "np.ndarray[Any, Any]":
        points = (rows[list(FEATURES)].to_numpy(float) - np.array(self.means)) / np.array(self.scales)
        return 1 / (1 + np.exp(-(self.coefficients[0] + points @ np.array(self.coefficients[1:]))))

    def is_due(self, rows: "pd.DataFrame") -> "np.ndarray[Any, Any]":
        return rows["log_lateness"].to_numpy(float) <= np.log(self.due_gaps)

    def parameters(self) -> dict[str, Any]:
        weights = {name: list(getattr(self, name)) for name in ("means", "scales", "coefficients")}
        return weights | {"due_gaps": self.due_gaps}

    @classmethod
    def of(cls, parameters: dict[str, Any]) -> "Rebuy":
        return cls(*(tuple(parameters[name]) for name in ("means", "scales", "coefficients")), parameters["due_gaps"])


def marked(rows: "pd.DataFrame", later: "pd.DataFrame") -> "np.ndarray[Any, Any]":
    """Which pairs were bought again: are among `later` (person_id, product_id)."""
    import pandas as pd

    wanted = pd.MultiIndex.from_frame(later[["person_id", "product_id"]])
    return np.asarray(pd.MultiIndex.from_frame(rows[["person_id", "product_id"]]).isin(wanted))


def fit(rows: "pd.DataFrame", again: "np.ndarray[Any, Any]") -> Rebuy | None:
    """None where fewer than LEAST_REPEATS pairs were bought again, or all were."""
    if again.sum() < LEAST_REPEATS or again.all():
        return None
    from sklearn.linear_model import LogisticRegression

    values = rows[list(FEATURES)].to_numpy(float)
    means, scales = values.mean(axis=0), values.std(axis=0)
    scales[scales < 1e-9] = 1.0
    model = LogisticRegression(C=1.0, max_iter=200).fit((values - means) / scales, again)
    weights = [model.intercept_[0], *model.coef_[0]]
    shown = (tuple(float(f"{number:.10g}") for number in numbers) for numbers in (means, scales, weights))
    return Rebuy(*shown, _due_gaps(rows["log_lateness"].to_numpy(float), again))


def _due_gaps(log_lateness: "np.ndarray[Any, Any]", again: "np.ndarray[Any, Any]") -> float:
    """After how many usual gaps the share bought again falls below that of all pairs; at least one."""
    from sklearn.linear_model import LogisticRegression

    late = np.linspace(0, max(log_lateness.max(), 0.01), 400)
    model = LogisticRegression(C=100.0, max_iter=200).fit(np.stack([log_lateness, log_lateness**2], axis=1), again)
    share = model.predict_proba(np.stack([late, late**2], axis=1))[:, 1]
    below = np.flatnonzero(share < again.mean())
    return float(f"{np.exp(late[below[0]] if len(below) else late[-1]):.6g}")


def top(rows: "pd.DataFrame", scores: "np.ndarray[Any, Any]", count: int) -> "pd.DataFrame":
    """The `count` best rows of each person with their position from 1, equal scores in the order of products."""
    ordered = rows.assign(score=np.round(scores, 9)).sort_values(
        ["person_id", "score", "product_id"], ascending=[True, False, True], ignore_index=True
    )
    ordered["position"] = ordered.groupby("person_id").cumcount() + 1
    return ordered[ordered["position"] <= count].reset_index(drop=True)
