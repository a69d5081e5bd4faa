"""The fit of the room: of every action, whether its people are ranked by what it adds to each of them. A fit is the verdict of its day: the
newest one holds, and an action that it does not rank is planned by segments, whatever an earlier fit said."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from assets.features.reads import customers_as_of
from assets.insights.uplift.reads import happened
from assets.weekly import code_of
from resources.errors import NotEnough
from resources.fitted import Fitted, Metrics
from resources.registry import Fits, RoomModel, forget_unless, replay
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from assets.insights.uplift.methods.ranking import Personal, Study

LEARNED_WEEKS = 26
NOTHING_CLOSED = {
    "state": "too_few",
    "personal": None,
    "qini": None,
    "response_qini": None,
    "judged": 0,
    "left_out_share": 0.0,
}


def fit(_: Warehouse, day: date, __: Fitted | None) -> Fitted:
    """Without assignments there is nothing to learn from: see `fits`."""
    raise NotEnough("assignments", "none")


MODEL = RoomModel("uplift", history_days=91, fit=fit, code=code_of(__file__))


def fits(warehouse: Warehouse, week: date, assigned: "pd.DataFrame") -> Fits:
    """The fits up to a Monday, from the rows of outreach.winback before it (reads.READS), which a run that plans several weeks holds before they
    are published. A fit that other assignments were behind is made again."""

    def learned(warehouse: Warehouse, day: date, _: Fitted | None) -> Fitted:
        return _fit(warehouse, day, _before(assigned, day))

    def holds(fitted: Fitted) -> bool:
        return fitted.parameters["assigned"] == _content(_before(assigned, fitted.fitted_as_of))

    forget_unless(warehouse.connection, MODEL, holds)
    return replay(warehouse, replace(MODEL, fit=learned), [week])


def told_of(fitted: Fitted | None, action: str) -> Mapping[str, Any]:
    """What a fit says of an action: its state, its parameters (personal) and its figures."""
    return (fitted.parameters["actions"] if fitted else {}).get(action, NOTHING_CLOSED)


def personal_of(warehouse: Warehouse, week: date, assigned: "pd.DataFrame") -> "dict[str, Personal]":
    """By action that is ranked by it what it adds to each person, as of a Monday."""
    from assets.insights.uplift.methods.ranking import Personal

    newest = fits(warehouse, week, assigned).newest
    found = {name: told["personal"] for name, told in newest.parameters["actions"].items()} if newest else {}
    return {name: Personal.of(told) for name, told in found.items() if told}


def _before(assigned: "pd.DataFrame", day: date) -> "pd.DataFrame":
    import pandas as pd

    day_ = pd.Timestamp(day)
    return assigned[(assigned["as_of"] < day_) & (assigned["as_of"] >= day_ - timedelta(days=7 * LEARNED_WEEKS))]


def _content(assigned: "pd.DataFrame") -> str:
    """The same for the same assignments in any order."""
    from pandas.util import hash_pandas_object

    rows = assigned[["action_id", "arm"]].astype(str)
    return f"{int(hash_pandas_object(rows, index=False).to_numpy().sum()):016x}-{len(rows)}"


def _fit(warehouse: Warehouse, day: date, assigned: "pd.DataFrame") -> Fitted:
    """The verdicts as of a day, of campaigns that had closed by then. Raises NotEnough where none had."""
    from assets.insights.uplift.methods.ranking import study

    seen = happened(warehouse, day, assigned, is_published=False)
    if seen.empty:
        raise NotEnough("a week of an action that was carried out and has closed", "none")
    rows = _with_features(warehouse, seen, assigned)
    found = {name: study(part) for name, part in rows.groupby("action", sort=True)}
    ranked = [str(name) for name, each in found.items() if each.personal]
    return Fitted(
        MODEL.name,
        day,
        "x_learner" if ranked else "segments",
        parameters={
            "assigned": _content(assigned),
            "actions": {name: _told(each) for name, each in found.items()},
        },
        metrics=Metrics(
            f"people are ranked by uplift for {', '.join(ranked)}; the rest by segments"
            if ranked
            else "the uplift ranking is surely ahead of response ranking and of everybody alike for no action: planned by segments",
            {"next_campaign": [row for name, each in found.items() for row in _shown(str(name), each)]},
            figures={"actions": len(found), "ranked_by_uplift": len(ranked)},
        ),
        in_force=bool(ranked),
    )


def _with_features(warehouse: Warehouse, seen: "pd.DataFrame", assigned: "pd.DataFrame") -> "pd.DataFrame":
    """What was known of each person as of their assignment: the feature SQL at that Monday, of which those assigned then are kept for a run."""
    import pandas as pd

    from assets.insights.uplift.methods.ranking import FEATURES

    def features(monday: "pd.Timestamp") -> "pd.DataFrame":
        people = assigned.loc[assigned["as_of"] == monday, "person_id"]
        known = customers_as_of(warehouse, monday.date())
        return known.loc[known["person_id"].isin(people), ["person_id", *FEATURES]]

    parts = []
    for monday in sorted(seen["as_of"].unique()):
        known = warehouse.once(("features as of", monday), partial(features, monday))
        part = seen[seen["as_of"] == monday]
        parts.append(part.merge(known, left_on="person_then", right_on="person_id", suffixes=("", "_known")))
    return pd.concat(parts, ignore_index=True)


def _told(found: "Study") -> dict[str, Any]:
    verdict = found.verdict
    return {
        "state": found.state,
        "personal": found.personal.parameters() if found.personal else None,
        "qini": round(verdict.uplift, 6) if verdict else None,
        "response_qini": round(verdict.response, 6) if verdict else None,
        "judged": found.judged,
        "left_out_share": round(found.left_out_share, 6),
    }


def _shown(action: str, found: "Study") -> list[Mapping[str, Any]]:
    """Rows of evidence: Qini on the next campaign, of everybody alike it is 0."""
    verdict = found.verdict
    if verdict is None:
        return [{"action": action, "model": found.state, "qini": None, "judged": found.judged}]
    mine = {
        "ahead_of_response_by_at_least": verdict.above_response,
        "ahead_of_everybody_by_at_least": verdict.above_everybody,
    }
    return [
        {"action": action, "model": "x_learner", "qini": verdict.uplift, "judged": found.judged} | mine,
        {"action": action, "model": "response", "qini": verdict.response, "judged": found.judged},
        {"action": action, "model": "everybody", "qini": 0.0, "judged": found.judged},
    ]
