"""Whether an action's people may be ranked by what it adds to each of them: the X-learner, fitted on earlier campaigns and judged on the next.

It is in force only where, on campaigns that began after those it was fitted on had closed, its Qini surely beats response ranking and treating
everybody alike. Its scores are then drawn towards the action's own effect by how much of their spread the later campaigns confirm (best linear
predictor of the effect, Chernozhukov et al. 2018), and who is surely driven away is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from assets.insights.uplift.methods import effect as effects
from assets.insights.uplift.methods import learner
from assets.insights.uplift.methods.effect import Bools, Floats
from assets.insights.uplift.methods.holdout import GETS
from assets.insights.uplift.methods.learner import XLearner
from assets.insights.uplift.methods.results import mismatch
from resources.learning.encoding import Encoding, learn

FEATURES = (
    "recency_days", "frequency", "monetary_value", "purchases_90d", "purchases_365d", "spend_90d", "spend_365d", "gap_mean_days",
    "recency_to_gap", "purchase_trend", "return_share", "lines_a_purchase", "category_count", "channel_count", "session_count_30d",
    "view_count_30d", "cart_count_30d", "visit_recency_days",
)  # fmt: skip
"""What customers did, as columns of features.customers; nothing of who they are."""
FEWEST_AN_ARM, FEWEST_OF_AN_OUTCOME = 200, 20
JUDGED_SHARE = 1 / 3
SHRUNK = (0.0, 1.0)
CHUNK_ROWS = 100_000

State = Literal["in_force", "not_ahead", "too_few", "no_experiment"]


@dataclass(frozen=True, eq=False)
class Personal:
    """What an action adds to each person, against what it adds on average. `slope`: the share of the spread of the scores that later campaigns
    confirm; `centre`: the score of an average person; `border`: the score below which the action surely drives people away."""

    encoding: Encoding
    model: XLearner
    slope: float
    centre: float
    border: float

    def scores(self, customers: pd.DataFrame) -> Floats:
        starts = range(0, max(len(customers), 1), CHUNK_ROWS)
        parts = (customers.iloc[at : at + CHUNK_ROWS] for at in starts)
        return np.concatenate([self.model.uplift(self.encoding.matrix(part)) for part in parts])

    def more(self, scores: Floats) -> Floats:
        """By how much more than on average the action raises the chance of people of such scores."""
        return self.slope * (scores - self.centre)

    def is_driven_away(self, scores: Floats) -> Bools:
        return scores <= self.border

    def parameters(self) -> dict[str, Any]:
        border = None if np.isinf(self.border) else self.border
        return {
            "encoding": self.encoding.parameters(),
            "model": self.model.parameters(),
            "slope": self.slope,
            "centre": self.centre,
            "border": border,
        }

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Personal":
        border = -np.inf if told["border"] is None else told["border"]
        model = XLearner.of(told["model"])
        return cls(Encoding.from_parameters(told["encoding"]), model, told["slope"], told["centre"], border)


@dataclass(frozen=True, eq=False)
class Study:
    """Of an action: whether its people are ranked by what it adds to each, why not, by what, and the figures of the later campaigns."""

    state: State
    personal: Personal | None = None
    verdict: learner.Verdict | None = None
    judged: int = 0
    left_out_share: float = 0.0


def study(rows: pd.DataFrame) -> Study:
    """The gate. `rows`: of one action as_of, closes_on, arm, holdout_share, bought (0/1) and FEATURES as of the assignment."""
    is_treated = rows["arm"].eq(GETS).to_numpy()
    if not is_treated.any() or is_treated.all() or mismatch(rows) < effects.MISMATCH:
        return Study("no_experiment")
    begins = _next_campaign(rows)
    earlier, later = rows[rows["closes_on"] <= begins], rows[rows["as_of"] >= begins]
    if not (_is_enough(earlier) and _is_enough(later)):
        return Study("too_few", judged=len(later))
    encoding = learn(earlier, [name for name in FEATURES if name in rows])
    if not encoding.features:
        return Study("too_few", judged=len(later))
    outcome, arm = _arrays(earlier)
    model = learner.fit(encoding.matrix(earlier), outcome, arm)
    x, (outcome, arm) = encoding.matrix(later), _arrays(later)
    scores = model.uplift(x)
    verdict = learner.judge(scores, model.answers(x), outcome, arm)
    if not verdict.is_in_force:
        return Study("not_ahead", verdict=verdict, judged=len(later))
    centre = float(scores.mean())
    border = learner.sleeping_below(scores, outcome, arm)
    personal = Personal(encoding, model, _confirmed(scores - centre, outcome, arm), centre, border)
    return Study("in_force", personal, verdict, len(later), float(personal.is_driven_away(scores).mean()))


def _next_campaign(rows: pd.DataFrame) -> pd.Timestamp:
    """The latest Monday from which on JUDGED_SHARE of all people were assigned."""
    counts = rows.groupby("as_of").size().sort_index(ascending=False).cumsum()
    return pd.Timestamp(counts[counts >= JUDGED_SHARE * len(rows)].index[0])


def _is_enough(rows: pd.DataFrame) -> bool:
    is_treated = rows["arm"].eq(GETS)
    arms = [rows.loc[is_treated, "bought"], rows.loc[~is_treated, "bought"]]
    return all(
        len(arm) >= FEWEST_AN_ARM and min(arm.sum(), len(arm) - arm.sum()) >= FEWEST_OF_AN_OUTCOME for arm in arms
    )


def _arrays(rows: pd.DataFrame) -> tuple[Floats, Bools]:
    return rows["bought"].to_numpy(float), rows["arm"].eq(GETS).to_numpy()


def _confirmed(scores: Floats, outcome: Floats, is_treated: Bools) -> float:
    """The slope of the measured effect on centred scores, within SHRUNK."""
    arm = is_treated - is_treated.mean()
    design = np.column_stack([np.ones(len(scores)), scores, arm, arm * scores])
    slope = np.linalg.lstsq(design, outcome, rcond=None)[0][3]
    return float(np.clip(slope, *SHRUNK))
