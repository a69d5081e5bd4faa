"""What is known of each action from the arms that were drawn: per action, and per segment of it.

Assignments are rows of one person a season and action (the first): as_of, person_id, action, arm, segment_id, p_purchase, holdout_share,
margin_value, bought (0/1 within the window), margin (on all that was paid in it, returns netted).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assets.insights.uplift.methods import effect as effects
from assets.insights.uplift.methods.effect import Effect
from assets.insights.uplift.methods.holdout import GETS

WHOLE = -1
FEWEST_A_SEGMENT = 30


@dataclass(frozen=True)
class Belief:
    """What is expected of an action next: uplift and its standard error."""

    uplift: float
    error: float


@dataclass(frozen=True, eq=False)
class Result:
    """Of an action: its measured effect on the purchase rate and on the margin a person (None before any result), what is believed of it as a whole (WHOLE) and by segment, the share to hold
    out next, how likely the sizes of its arms are, and the rows counted."""

    whole: Effect | None
    margin: Effect | None
    segments: Mapping[int, Effect]
    beliefs: Mapping[int, Belief]
    mismatch_p: float
    rows: pd.DataFrame

    @property
    def next_share(self) -> float:
        return effects.holdout_share(self.whole)

    def belief(self, segment: int) -> Belief:
        return self.beliefs.get(segment, self.beliefs[WHOLE])


def result(rows: pd.DataFrame, expected_uplift: float) -> Result:
    """The result of one action. `expected_uplift` is what is thought of it before any; it is believed to be off by as much as itself. Arms that
    are not those of the draw give none."""
    prior_error = max(expected_uplift, 0.01)
    odds = mismatch(rows)
    is_sound = odds >= effects.MISMATCH
    found = pooled(rows) if is_sound else None
    whole = Belief(*effects.with_prior(found, expected_uplift, prior_error))
    parts = {
        int(segment): part
        for segment, part in rows.dropna(subset=["segment_id"]).groupby("segment_id", sort=True)
        if is_sound
        and part["arm"].eq(GETS).sum() >= FEWEST_A_SEGMENT
        and part["arm"].ne(GETS).sum() >= FEWEST_A_SEGMENT
    }
    segments = {number: seen for number, part in parts.items() if (seen := pooled(part))}
    drawn = effects.shrunk(list(segments.values())) if len(segments) > 1 else []
    beliefs = {
        number: Belief(*effects.with_prior(each, expected_uplift, prior_error))
        for number, each in zip(segments, drawn, strict=False)
    }
    earned = pooled(rows, "margin") if is_sound else None
    return Result(found, earned, segments, {WHOLE: whole, **beliefs}, odds, rows)


def pooled(rows: pd.DataFrame, outcome: str = "bought") -> Effect | None:
    """The effect on the purchase rate, or on the margin a person, weeks pooled; None where no week has both arms. What is taken out was known before
    the draw: the probability to buy, and of the margin also that times what a purchase was expected to leave."""
    weeks = []
    for _, week in rows.groupby("as_of", sort=True):
        is_treated = week["arm"].eq(GETS).to_numpy()
        if min(is_treated.sum(), (~is_treated).sum()) >= effects.FEWEST:
            known = week["p_purchase"].to_numpy(float)[:, None]
            if outcome == "margin":
                known = np.hstack([known, known * week["margin_value"].to_numpy(float)[:, None]])
            weeks.append(effects.adjusted(week[outcome].to_numpy(float), is_treated, known))
    weeks = [each for each in weeks if each.standard_error > 0]
    return effects.pooled(weeks) if weeks else None


def mismatch(rows: pd.DataFrame) -> float:
    """How likely arms of these sizes are, drawn with the shares of their weeks."""
    if rows.empty:
        return 1.0
    share = float(rows["holdout_share"].mean())
    treated = int(rows["arm"].eq(GETS).sum())
    return effects.sample_ratio(treated, len(rows) - treated, share)


def firsts(rows: pd.DataFrame) -> pd.DataFrame:
    """The first row of each person, action and season: later ones of the same arm are the same people again."""
    ordered = rows.sort_values(["as_of", "person_id"], kind="stable")
    return ordered.drop_duplicates(["person_id", "action", "season"], keep="first").reset_index(drop=True)


def rate(rows: pd.DataFrame, is_treated: bool) -> float:
    part = rows.loc[rows["arm"].eq(GETS) == is_treated, "bought"]
    return float(part.mean()) if len(part) else float(np.nan)
