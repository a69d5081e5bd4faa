"""Choose on the past, judge on a later window, put in force or not: the one study of every model with a labelled outcome.

A room fits its candidates and its named baselines on what came before a window and scores the window with all of them;
`judge` gives a row a model, `verdict` says by the room's rule what is used and whether it is put in force. A candidate that
does not beat the baselines gives way to the best of them; what does worse than the model in force before is refused; and what ranks
too well to be true is a leak until proven otherwise.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from resources.learning.encoding import Floats, floats, is_number
from resources.learning.metrics import auc, judged

Role = Literal["candidate", "baseline", "in force before"]
Row = Mapping[str, Any]

LEAK_SINGLE_AUC = 0.95


@dataclass(frozen=True)
class Rule:
    """When a row of figures beats another's. `loss`: the figure by which the best of several is told, the lower the better; `holds`:
    what it takes to stand against the model in force before; `falls_back`: whether a baseline may take the place of a candidate
    always, or only where no model is in force yet."""

    loss: str
    beats: Callable[[Row, Row], bool]
    holds: Callable[[Row, Row], bool]
    falls_back: Literal["always", "at first"] = "always"
    most_auc: float = 1.0
    """A better ranking than this is a leak until proven otherwise."""


@dataclass(frozen=True)
class Verdict:
    """What is used, whether it is put in force, and why."""

    name: str
    is_accepted: bool
    reason: str


def judge(labels: Floats, scores: Mapping[Role, Mapping[str, Floats]]) -> list[dict[str, Any]]:
    """A row a model, with its role and all figures of its scores against 0/1 labels."""
    return [
        {"model": name, "role": role} | judged(labels, values)
        for role, models in scores.items()
        for name, values in models.items()
    ]


def challenged(rows: Sequence[Row], default: str, rule: Rule) -> str:
    """The default, unless others beat it: then the one of them with the lowest loss."""
    by_name = {row["model"]: row for row in rows}
    ahead = [row for row in rows if row["model"] != default and rule.beats(row, by_name[default])]
    return min(ahead, key=lambda row: row[rule.loss])["model"] if ahead else default


def verdict(rows: Sequence[Row], chosen: str, rule: Rule, leak: str = "") -> Verdict:
    """What is used of the rows of a later window. `leak`: inputs that alone rank it too well (see `too_good`)."""
    by_name = {row["model"]: row for row in rows}
    mine = by_name[chosen]
    if leak or (mine["auc"] or 0) > rule.most_auc:
        single = f"; by itself: {leak}" if leak else ""
        return Verdict(
            chosen,
            False,
            f"looks like a leak: AUC {mine['auc']:.3f} on the hold-out{single}. An input seems to see the window",
        )
    baselines, before = ([row for row in rows if row["role"] == role] for role in ("baseline", "in force before"))
    unbeaten = [row for row in baselines if not rule.beats(mine, row)]
    names = ", ".join(row["model"] for row in unbeaten or baselines)
    if unbeaten and rule.falls_back == "at first" and before:
        return Verdict(chosen, False, f"not put in force: {chosen} does not beat {names} on the hold-out")
    name, reason = chosen, f"{chosen} beats {names} on the hold-out"
    if unbeaten:
        of = unbeaten if rule.falls_back == "at first" else baselines
        name = min(of, key=lambda row: row[rule.loss])["model"]
        reason = f"fallback to {name}: {chosen} does not beat {names} on the hold-out"
    for row in before:
        if not rule.holds(by_name[name], row):
            return Verdict(name, False, f"{reason}, but {row['model']} does better there")
    return Verdict(name, True, reason)


def too_good(features: Sequence[str], window: pd.DataFrame, labels: Floats) -> str:
    """The inputs that alone rank a window too well, with their AUC."""
    suspects = []
    for name in features:
        if is_number(window[name]):
            values = floats(window[name])
            alone = auc(
                labels, np.nan_to_num(values, nan=float(np.nanmedian(values)) if np.isfinite(values).any() else 0)
            )
            if max(alone, 1 - alone) > LEAK_SINGLE_AUC:
                suspects.append(f"{name} (AUC {max(alone, 1 - alone):.3f})")
    return ", ".join(suspects)
