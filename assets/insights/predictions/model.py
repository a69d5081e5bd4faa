"""The fits of the room: one registry entry with the model of purchase, that of spend, the horizon and the histograms."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from assets.features.reads import gaps_before
from assets.insights.predictions.methods.features import caps, inputs
from assets.insights.predictions.methods.horizon import SHORTEST_WEEKS
from assets.insights.predictions.methods.scoring import Loaded
from assets.insights.predictions.reads import WARM_UP_DAYS, Past, cut_offs
from assets.weekly import code_of
from resources.errors import NotEnough
from resources.fitted import Fitted, Metrics
from resources.registry import RoomModel, recorded
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from assets.insights.predictions.methods.purchase import Choice, Study
    from assets.insights.predictions.methods.spend import Spend
    from resources.learning.model import Model

CHOICE_DAYS = 170


def loaded(fitted: Fitted, warehouse: Warehouse) -> Loaded:
    """A fit ready to score, read once a run."""
    return warehouse.once((MODEL.name, fitted.version), lambda: Loaded.of(fitted, warehouse.place.models))


def fit(warehouse: Warehouse, day: date, before: Fitted | None) -> Fitted:
    """The model fitted as of `day`. Raises NotEnough while there is not enough to learn from."""
    from assets.insights.predictions.methods.drift import reference
    from assets.insights.predictions.methods.horizon import horizon_days
    from assets.insights.predictions.methods.purchase import at, study

    folder, start = warehouse.place.models, warehouse.shop.start
    past = Past(warehouse)
    gaps = gaps_before(warehouse, day)
    horizon = horizon_days(
        gaps["gap_days"].to_numpy(), gaps["gap_count"].to_numpy(), before.parameters["horizon_days"] if before else None
    )
    days = cut_offs(start, day, horizon)
    if not days:
        raise NotEnough(f"{WARM_UP_DAYS + 2 * horizon} days and a first Monday", f"{(day - start).days} days")
    labelled = past.labelled(days, horizon)
    history = (days[0] - start).days
    kept = _choice(before, day, horizon)
    found = study(labelled, horizon, history, kept, _in_force(warehouse, days[-1], horizon))
    spend, spend_rows = _spend(found, labelled, horizon, history) if warehouse.shop.has_prices else (None, [])
    mine = next(row for row in found.rows if row["model"] == found.name)
    return Fitted(
        MODEL.name,
        day,
        found.name,
        parameters={
            "purchase": found.model.parameters(folder),
            "spend": spend.parameters(folder) if spend else None,
            "horizon_days": horizon,
            "seen": reference(found.model, at(labelled, [found.holdout])),
            "choice": asdict(found.choice),
            "holdout_as_of": found.holdout.isoformat(),
            "trained_as_of": [cut_off.isoformat() for cut_off in found.train],
            "chosen_as_of": before.parameters["chosen_as_of"] if before and kept else day.isoformat(),
        },
        metrics=Metrics(
            f"{found.reason} (as of {found.holdout}, {horizon} days)",
            {"holdout": found.rows, "spend": spend_rows, "chosen_on_earlier_windows": found.choice.validation},
            found.calibration,
            {
                "level_error": round(abs(mine["mean_score"] - mine["rate"]), 4),
                "auc": mine["auc"],
                "brier": mine["brier"],
                "horizon_days": horizon,
                "rows": len(at(labelled, found.train)),
                **found.behind,
                **_added_by_reviews(found),
            },
        ),
        in_force=found.is_accepted,
    )


def _added_by_reviews(found: "Study") -> dict[str, float]:
    """How much higher AUC and how much lower the Brier score are on the hold-out when the learner sees what reviews say."""
    from assets.insights.predictions.methods.purchase import WITH_REVIEWS

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
    from assets.insights.predictions.methods.purchase import Choice

    if before is None or before.parameters["horizon_days"] != horizon or not before.parameters["choice"]["validation"]:
        return None
    chosen_as_of = date.fromisoformat(before.parameters["chosen_as_of"])
    return Choice(**before.parameters["choice"]) if day - chosen_as_of < timedelta(days=CHOICE_DAYS) else None


def _in_force(warehouse: Warehouse, holdout: date, horizon: int) -> "tuple[str, Model] | None":
    """What customers were scored with as of the hold-out: it knows nothing of the window."""
    then = [
        fitted
        for fitted in recorded(warehouse.connection, MODEL)
        if fitted.in_force and fitted.fitted_as_of <= holdout and fitted.parameters["horizon_days"] == horizon
    ]
    return (then[-1].version, loaded(then[-1], warehouse).model) if then else None


def _spend(
    found: "Study", labelled: "pd.DataFrame", horizon_days: int, history_days: int
) -> "tuple[Spend | None, Sequence[Mapping[str, Any]]]":
    """The model of spend at the level of the newest closed window, and its hold-out table at the level of the one before."""
    from assets.insights.predictions.methods.purchase import at
    from assets.insights.predictions.methods.spend import fit_spend, study_spend

    names, limits = inputs(list(labelled), history_days), caps(history_days)
    past, level, later = at(labelled, found.train), at(labelled, found.train[-1:]), at(labelled, [found.holdout])
    try:
        p_level, p_later = found.candidate.predict(level), found.candidate.predict(later)
        basis, rows = study_spend(past, level, p_level, later, p_later, horizon_days, names, limits)
        return fit_spend(labelled, later, found.model.predict(later), horizon_days, names, limits, basis), rows
    except NotEnough as shortfall:
        return None, [{"model": str(shortfall)}]


MODEL = RoomModel("purchase", history_days=WARM_UP_DAYS + 2 * 7 * SHORTEST_WEEKS, fit=fit, code=code_of(__file__))
