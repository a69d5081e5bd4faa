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

from assets.insights.sessions.methods.wording import reasons
from resources.errors import NotEnough
from resources.fitted import Metrics
from resources.learning.metrics import auc, calibration_table, log_loss
from resources.learning.model import FEWEST_OF_A_CLASS, Method, Model, fit_all
from resources.learning.study import Role, Rule, judge, verdict
from resources.learning.trees import TreeSettings

FEATURES = (
    "event_count", "view_count", "cart_count", "favorite_count", "search_count", "click_count", "product_count",
    "seconds", "earlier_session_count", "order_count", "since_order_days", "channel",
)  # fmt: skip
CARTS = "products in the cart"
BASELINES = {
    CARTS: ("cart_count",),
    "recency, frequency": ("since_order_days", "order_count", "earlier_session_count"),
}
CANDIDATES: tuple[Method, ...] = ("logistic", "boosting")
TREES = TreeSettings(boosting_rounds=60, boosting_rate=0.1)
"""A dozen counts need few trees."""
HOLDOUT_DAYS = 28
"""At most a quarter of the days. Fits are at least as far apart, so the model in force has not seen them."""
NEEDS = f"{FEWEST_OF_A_CLASS} sessions with and as many without a purchase in each part of the time"
ROUNDED = 6
# The first model of a young shop may be a rule of thumb: it says more than nothing, and than a worse model.
RULE = Rule(
    "log_loss",
    beats=lambda mine, other: mine["log_loss"] < other["log_loss"],
    holds=lambda mine, other: mine["log_loss"] < other["log_loss"],
    falls_back="at first",
)


@dataclass(frozen=True, eq=False)
class Fit:
    model: Model
    metrics: Metrics
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

    def learned(
        methods: tuple[Method, ...], features: tuple[str, ...], rows: "np.ndarray[Any, Any]"
    ) -> dict[Method, Model]:
        return fit_all(methods, sessions[rows], labels[rows], features, settings=TREES)

    validation = sessions[is_validation]
    tried = {
        method: log_loss(labels[is_validation], model.predict(validation))
        for method, model in learned(CANDIDATES, FEATURES, ~is_holdout & ~is_validation).items()
    }
    chosen = min(CANDIDATES, key=lambda method: tried[method])
    actual, newest = labels[is_holdout], sessions[is_holdout]
    scores: dict[Role, dict[str, Any]] = {
        "candidate": {m: model.predict(newest) for m, model in learned(CANDIDATES, FEATURES, ~is_holdout).items()},
        "in force before": {"in force before": previous.predict(newest)} if previous else {},
        "baseline": {
            name: learned(("logistic",), features, ~is_holdout)["logistic"].predict(newest)
            for name, features in BASELINES.items()
        },
    }
    rows = judge(actual, scores)
    found = verdict(rows, chosen, RULE)
    features = BASELINES.get(found.name, FEATURES)
    method = chosen if found.name == chosen else "logistic"
    model = learned((method,), features, np.ones(len(sessions), bool))[method]
    reason = f"{chosen} has the lower log loss on the validation days ({tried[chosen]:.4f}); {found.reason}"
    used, carts = ({**scores["candidate"], **scores["baseline"]}[name] for name in (found.name, CARTS))
    metrics = Metrics(
        reason,
        {"holdout": rows},
        calibration_table(actual, used),
        {
            "auc_ahead": round(auc(actual, used) - auc(actual, carts), ROUNDED),
            "sessions": len(sessions),
            "holdout_days": held_back,
        },
    )
    return Fit(model, metrics, found.is_accepted)


def score(model: Model, sessions: pd.DataFrame) -> pd.DataFrame:
    """The sessions with p_purchase, reasons_zh and reasons_en."""
    return sessions.assign(
        p_purchase=model.predict(sessions).round(ROUNDED),
        **reasons(sessions, model.features, model.contributions(sessions)),
    )
