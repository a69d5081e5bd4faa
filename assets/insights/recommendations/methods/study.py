"""The quarterly fit: what is chosen on one window of the past, and judged on the next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.insights.recommendations.methods import holdout, rebuy
from assets.insights.recommendations.methods.blended_model import Bounds, Settings, choose
from assets.insights.recommendations.methods.holdout import MODEL, PERSONAL, POPULARITY, Window, figure
from assets.insights.recommendations.methods.weighting import Weighting
from resources.fitted import Metrics

LEAST_JUDGED = 30
GROWN = 2.0


@dataclass(frozen=True)
class Fit:
    """`challenger`: the settings chosen anew, put in force or not; None where those in force were kept without a choice."""

    parameters: dict[str, Any]
    metrics: Metrics
    in_force: bool
    challenger: Settings | None = None


def customers_of(window: Window) -> int:
    return len(window.past.people)


def judged_of(window: Window) -> int:
    """Customers with a past who bought after it."""
    return len(np.intersect1d(window.past.people, window.later["person_id"].unique()))


def fit(
    validation: Window, test: Window, previous: Mapping[str, Any] | None, fixed: Weighting | None, bounds: Bounds
) -> Fit:
    """`test` begins where `validation` ends, and ends on the day of the fit; in both LEAST_JUDGED customers with a past bought.

    The weighting and the blend are chosen anew when the shop has GROWN times the customers it was last chosen on, and then take
    the place of those in force only if they are not worse on the test window.
    """
    size = customers_of(validation)
    before = Settings.of(previous) if previous else None
    challenger: Settings | None = None
    reason = "chosen on the window before the last"
    chosen_on = size
    if before is not None and previous is not None and size < GROWN * previous["chosen_on_customers"]:
        settings, chosen_on = before, previous["chosen_on_customers"]
        reason = "kept: the shop has not doubled since they were chosen"
        lines = holdout.discover(test, settings, bounds)
    else:
        settings = challenger = choose(validation.past, validation.later, bounds, before, fixed)
        lines = holdout.discover(test, settings, bounds)
        if before is not None:
            others = holdout.discover(test, before, bounds)
            mine, theirs = figure(lines, "discover", MODEL) or 0.0, figure(others, "discover", MODEL) or 0.0
            if mine < theirs:
                settings, lines = before, others
                reason = f"kept: those chosen anew have NDCG {mine:.4f} on the last window, those in force {theirs:.4f}"
    rows = rebuy.pairs(validation.past, validation.gaps)
    again = rebuy.fit(rows, rebuy.marked(rows, validation.later))
    if again is not None:
        lines += holdout.again(test, again)
        # Judged on the last window as fitted on the one before; put to use as fitted on the last.
        rows = rebuy.pairs(test.past, test.gaps)
        again = rebuy.fit(rows, rebuy.marked(rows, test.later))
    published = {
        name: _beats(lines, name) and (name == "discover" or again is not None) for name in ("discover", "rebuy")
    }
    if not any(published.values()):
        reason += "; no list is better than what sells anyway, so none is published"
    parameters = settings.parameters() | {
        "chosen_on_customers": chosen_on,
        "lists": published,
        "rebuy": again.parameters() if again else None,
        "arms": _arms(lines),
    }
    figures: dict[str, float | None] = {"customers": customers_of(test)}
    for name in ("discover", "rebuy"):
        mine, theirs = figure(lines, name, MODEL), figure(lines, name, POPULARITY)
        if mine is not None and theirs is not None:
            figures[f"{name}_ahead_of_popularity"] = round(mine - theirs, 6)
            figures[f"{name}_ahead_of_frequency"] = round(mine - (figure(lines, name, PERSONAL) or 0.0), 6)
    metrics = Metrics(reason, {"holdout": [{"model": line["method"]} | line for line in lines]}, figures=figures)
    return Fit(parameters, metrics, any(published.values()), challenger)


def _beats(lines: list[dict[str, Any]], name: str) -> bool:
    mine, theirs = figure(lines, name, MODEL), figure(lines, name, POPULARITY)
    return mine is not None and theirs is not None and mine > theirs


def _arms(lines: list[dict[str, Any]]) -> dict[str, float]:
    """By source of a list, the NDCG it obtained on its own."""
    found = {
        "collaborative": figure(lines, "discover", MODEL),
        "content": figure(lines, "discover", "content"),
        "group": figure(lines, "discover", POPULARITY),
    }
    return {name: value for name, value in found.items() if value is not None}
