"""The monthly fits of the room: one registry entry with the model of purchase, that of spend, the horizon and the histograms."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.insights.predictions.inputs import caps, inputs
from assets.insights.predictions.past import WARM_UP_DAYS, Past, cut_offs
from resources.registry import Fitted, fit_dates, recorded, replay
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from assets.insights.predictions.purchase import Choice, Study
    from assets.insights.predictions.spend import Spend
    from resources.learning.model import Model

MODEL = "purchase"
CHOICE_DAYS = 170


@dataclass(frozen=True, eq=False)
class Loaded:
    """A fit ready to score."""

    fitted: Fitted
    model: "Model"
    spend: "Spend | None"
    version: str

    @classmethod
    def of(cls, fitted: Fitted, folder: Path) -> "Loaded":
        from assets.insights.predictions.spend import load_spend
        from resources.learning.model import load

        parameters = fitted.parameters
        spend = load_spend(parameters["spend"], folder) if parameters["spend"] else None
        return cls(fitted, load(parameters["purchase"], folder), spend, fitted.version)

    @property
    def horizon_days(self) -> int:
        return self.fitted.parameters["horizon_days"]


def fits_until(warehouse: Warehouse, week: date) -> tuple[list[Fitted], str]:
    """The monthly fits up to a week, those missing made in order, and what weeks before the first one lack."""
    from assets.insights.predictions.horizon import SHORTEST_WEEKS
    from resources.learning.model import NotEnough

    start = warehouse.shop.start
    earliest = start + timedelta(days=WARM_UP_DAYS + 2 * 7 * SHORTEST_WEEKS)
    shortfalls = [
        str(NotEnough(f"{(earliest - start).days} days before a month", f"{max(0, (week - start).days)} days"))
    ]
    fit = partial(fit_model, Past(warehouse, week), shortfalls)
    known = recorded(warehouse.connection, MODEL)
    # Fits grow stale from a day on, so before the first that is not stale there was not enough, and still is not.
    first = known[0].fitted_as_of if known else earliest
    fits = replay(warehouse.connection, MODEL, fit_dates(first, week), fit)
    usable = [fitted for fitted in fits if fitted.in_force]
    if usable:
        return fits, f"not enough history: needs {(usable[0].fitted_as_of - start).days} days"
    return fits, fits[-1].metrics["reason"] if fits else shortfalls[-1]


def fit_model(past: Past, shortfalls: list[str], day: date, before: Fitted | None) -> Fitted | None:
    """The model fitted as of `day`; None, with what is lacking in `shortfalls`, while there is not enough to learn from."""
    from assets.insights.predictions.drift import reference
    from assets.insights.predictions.horizon import horizon_days
    from assets.insights.predictions.purchase import at, study
    from resources.learning.model import NotEnough

    warehouse = past.warehouse
    folder, start = warehouse.place.models, warehouse.shop.start
    try:
        gaps = past.gaps(day)
        horizon = horizon_days(
            gaps["gap_days"].to_numpy(),
            gaps["gap_count"].to_numpy(),
            before.parameters["horizon_days"] if before else None,
        )
        days = cut_offs(start, day, horizon)
        if not days:
            raise NotEnough(f"{WARM_UP_DAYS + 2 * horizon} days and a first Monday", f"{(day - start).days} days")
        labelled = past.labelled(days, horizon)
        history = (days[0] - start).days
        kept = _choice(before, day, horizon)
        found = study(labelled, horizon, history, kept, _in_force(warehouse, days[-1], horizon))
    except NotEnough as shortfall:
        shortfalls.append(str(shortfall))
        return None
    spend, spend_rows = _spend(found, labelled, history) if warehouse.shop.has_prices else (None, [])
    mine = next(row for row in found.rows if row["model"] == found.name)
    return Fitted(
        MODEL,
        day,
        found.name,
        parameters={
            "purchase": found.model.parameters(folder),
            "spend": spend.parameters(folder) if spend else None,
            "horizon_days": horizon,
            "seen": reference(found.model, at(labelled, [found.holdout])),
        },
        metrics={
            "reason": found.reason,
            "horizon_days": horizon,
            "holdout_as_of": found.holdout.isoformat(),
            "holdout": found.rows,
            "level_error": round(abs(mine["mean_score"] - mine["rate"]), 4),
            "calibration": found.calibration,
            **_added_by_reviews(found),
            "spend_holdout": spend_rows,
            "choice": asdict(found.choice),
            "chosen_as_of": before.metrics["chosen_as_of"] if before and kept else day.isoformat(),
            "trained_as_of": [cut_off.isoformat() for cut_off in found.train],
            "rows": len(at(labelled, found.train)),
        },
        in_force=found.is_accepted,
    )


def _added_by_reviews(found: "Study") -> dict[str, float]:
    """How much higher AUC and how much lower the Brier score are on the hold-out when the learner sees what reviews say."""
    from assets.insights.predictions.purchase import WITH_REVIEWS

    rows = {row["model"]: row for row in found.rows}
    without, challenger = rows[found.choice.method], rows.get(found.choice.method + WITH_REVIEWS)
    if challenger is None:
        return {}
    return {
        "auc_added_by_reviews": round(challenger["auc"] - without["auc"], 4),
        "brier_taken_off_by_reviews": round(without["brier"] - challenger["brier"], 4),
    }


def _choice(before: Fitted | None, day: date, horizon: int) -> "Choice | None":
    """The learner chosen not long ago, to be kept: a new one each month would move scores without a reason. One that there was
    nothing to choose by is not kept."""
    from assets.insights.predictions.purchase import Choice

    if before is None or before.parameters["horizon_days"] != horizon or not before.metrics["choice"]["validation"]:
        return None
    chosen_as_of = date.fromisoformat(before.metrics["chosen_as_of"])
    return Choice(**before.metrics["choice"]) if day - chosen_as_of < timedelta(days=CHOICE_DAYS) else None


def _in_force(warehouse: Warehouse, holdout: date, horizon: int) -> "tuple[str, Model] | None":
    """What customers were scored with as of the hold-out: it knows nothing of the window."""
    from resources.learning.model import load

    then = [
        fitted
        for fitted in recorded(warehouse.connection, MODEL)
        if fitted.in_force and fitted.fitted_as_of <= holdout and fitted.parameters["horizon_days"] == horizon
    ]
    return (then[-1].version, load(then[-1].parameters["purchase"], warehouse.place.models)) if then else None


def _spend(
    found: "Study", labelled: "pd.DataFrame", history_days: int
) -> "tuple[Spend | None, Sequence[Mapping[str, Any]]]":
    """The model of spend at the level of the newest closed window, and its hold-out table at the level of the one before."""
    from assets.insights.predictions.purchase import at
    from assets.insights.predictions.spend import fit_spend, study_spend
    from resources.learning.model import NotEnough

    names, limits = inputs(list(labelled), history_days), caps(history_days)
    past, level, later = at(labelled, found.train), at(labelled, found.train[-1:]), at(labelled, [found.holdout])
    try:
        basis, rows = study_spend(
            past, level, found.candidate.predict(level), later, found.candidate.predict(later), names, limits
        )
        return fit_spend(labelled, later, found.model.predict(later), names, limits, basis), rows
    except NotEnough as shortfall:
        return None, [{"model": str(shortfall)}]
