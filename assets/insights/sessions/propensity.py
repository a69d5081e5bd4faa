"""How likely a session is to end in a purchase, learned from sessions that did and did not.

A session is described as it stood before its purchase. Logistic regression and histogram gradient boosting compete on the
sessions of a validation time; the better one is judged on the newest sessions before the fit, beside what the cart alone
says and beside the model in force (whose own fit is older than these sessions), and only then learns from all of them.

Limitation: a session that bought is cut at the purchase, one that did not is whole. What grows with the length of a
session therefore says a little less for buyers than it would live.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from assets.insights.sessions.wording import reasons
from resources.learning.measures import auc, calibration_table, judged
from resources.learning.model import FEWEST_OF_A_CLASS, Method, Model, NotEnough
from resources.learning.model import fit as learn
from resources.learning.trees import TreeSettings

FEATURES = (
    "event_count", "view_count", "cart_count", "favorite_count", "search_count", "click_count", "product_count",
    "seconds", "earlier_session_count", "order_count", "since_order_days", "channel",
)  # fmt: skip
BASELINES = {
    "products in the cart": ("cart_count",),
    "recency, frequency": ("since_order_days", "order_count", "earlier_session_count"),
}
CANDIDATES: tuple[Method, ...] = ("logistic", "boosting")
TREES = TreeSettings(boosting_rounds=60, boosting_rate=0.1)
"""A dozen counts need few trees."""
HOLDOUT_DAYS = 28
"""At most a quarter of the days. Fits are at least as far apart, so the model in force has not seen them."""
NEEDS = f"{FEWEST_OF_A_CLASS} sessions with and as many without a purchase in each part of the time"
ROUNDED = 6


@dataclass(frozen=True, eq=False)
class Fit:
    model: Model
    metrics: dict[str, Any]
    is_accepted: bool


def fit(sessions: pd.DataFrame, since: date, until: date, previous: Model | None = None) -> Fit:
    """Learn from sessions begun from `since` to before `until`. Raises NotEnough."""
    days = (until - since).days
    held_back = max(1, min(HOLDOUT_DAYS, days // 4))
    started = pd.to_datetime(sessions["started_on"]).dt.date
    is_holdout = (started >= until - timedelta(days=held_back)).to_numpy()
    is_validation = ~is_holdout & (started >= until - timedelta(days=2 * held_back)).to_numpy()
    labels = sessions["has_purchased"].to_numpy(float)
    for part in (is_holdout, is_validation):
        if min(labels[part].sum(), (1 - labels[part]).sum()) < FEWEST_OF_A_CLASS:
            raise NotEnough(NEEDS, f"{int(labels[part].sum())} with a purchase among {int(part.sum())}")

    def learned(method: Method, features: tuple[str, ...], rows: "np.ndarray[Any, Any]") -> Model:
        return learn(method, sessions[rows], labels[rows], features, settings=TREES)

    is_train = ~is_holdout & ~is_validation
    tried = {
        method: _log_loss(labels[is_validation], learned(method, FEATURES, is_train).predict(sessions[is_validation]))
        for method in CANDIDATES
    }
    chosen = min(CANDIDATES, key=lambda method: tried[method])
    actual, newest = labels[is_holdout], sessions[is_holdout]
    scores = {f"candidate: {m}": learned(m, FEATURES, ~is_holdout).predict(newest) for m in CANDIDATES}
    if previous:
        scores["in force before"] = previous.predict(newest)
    for name, features in BASELINES.items():
        scores[f"baseline: {name}"] = learned("logistic", features, ~is_holdout).predict(newest)
    losses = {name: _log_loss(actual, values) for name, values in scores.items()}
    mine = f"candidate: {chosen}"
    rivals = [name for name in scores if not name.startswith("candidate")]
    lost_to = [name for name in rivals if losses[name] <= losses[mine]]
    is_accepted = previous is None or not lost_to
    reason = f"{chosen} has the lower log loss on the validation days ({tried[chosen]:.4f})"
    everything = np.ones(len(sessions), bool)
    model = learned(chosen, FEATURES, everything)
    if lost_to and previous is None:
        # The first model of a young shop: what a rule of thumb says is better than nothing, and than a worse model.
        mine = min(lost_to, key=lambda name: losses[name])
        model = learned("logistic", BASELINES[mine.removeprefix("baseline: ")], everything)
        reason += f", but on the newest days {mine} is better, and is used"
    elif lost_to:
        reason += f"; not put in force: on the newest days {', '.join(lost_to)} is better"
    carts = scores["baseline: products in the cart"]
    metrics = {
        "reason": reason,
        "sessions": len(sessions),
        "holdout_days": held_back,
        "auc_ahead": round(auc(actual, scores[mine]) - auc(actual, carts), ROUNDED),
        "holdout": [{"model": name} | judged(actual, values) for name, values in scores.items()],
        "calibration": calibration_table(actual, scores[mine]),
    }
    return Fit(model, metrics, is_accepted)


def score(model: Model, sessions: pd.DataFrame) -> pd.DataFrame:
    """The sessions with p_purchase, reasons_zh and reasons_en."""
    return sessions.assign(
        p_purchase=model.predict(sessions).round(ROUNDED),
        **reasons(sessions, model.features, model.contributions(sessions)),
    )


def _log_loss(labels: "np.ndarray[Any, Any]", scores: "np.ndarray[Any, Any]") -> float:
    inside = np.clip(scores, 1e-6, 1 - 1e-6)
    return float(-np.mean(labels * np.log(inside) + (1 - labels) * np.log(1 - inside)))
