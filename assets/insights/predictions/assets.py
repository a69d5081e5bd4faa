"""insights/predictions: fitted on the first Mondays of months, scored every week, judged when the window closes, watched for drift."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.features.frames import opinions, prepare_customers
from assets.features.tables import CUSTOMER_OPINIONS, CUSTOMERS
from assets.insights.predictions.models import Loaded, fits_until
from assets.insights.predictions.past import with_opinions
from assets.insights.predictions.tables import BACKTESTS, DRIFT, PREDICTIONS
from data_checks import predictions as checks
from data_checks.gate import gated_asset
from data_checks.rows import Rows, Work
from resources import evidence
from resources.calendar import Calendar
from resources.registry import Fitted, in_force
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).parent
SCORE_DECIMALS, MONEY_DECIMALS = 6, 4


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    gated = partial(gated_asset, calendar=calendar)
    known = [CUSTOMERS, *([CUSTOMER_OPINIONS] if "reviews" in calendar.shop.tables else [])]
    return [
        gated(PREDICTIONS, prediction_rows, reads=known, suite=checks.predictions(), kinds={"scikitlearn"}),
        gated(BACKTESTS, backtest_rows, reads=[PREDICTIONS, *known], suite=checks.backtests(), kinds={"python"}),
        gated(DRIFT, drift_rows, reads=[PREDICTIONS, *known], suite=checks.drift(), kinds={"python"}),
    ]


def prediction_rows(work: Work) -> Rows:
    """The scores of every buyer as of each Monday; none before there is history enough for a first fit."""
    fits, shortfall = fits_until(work.warehouse, max(work.keys))
    frames, unfitted = [], []
    for week, loaded in _in_force(work.warehouse, fits, work.keys).items():
        if loaded is None:
            unfitted.append(week)
        else:
            frames.append(_explained(week, loaded, _buyers(work, week)))
    notes = evidence.fit_notes(fits, unfitted, shortfall, "predictions")
    return Rows(_together(frames), metadata=notes, evidence=_holdout_evidence(fits, max(work.keys)))


def backtest_rows(work: Work) -> Rows:
    """Scores whose window closed with each Monday, against what happened. Those of weeks that are not in the table are worked
    out, so that a first run gives what a backfill gives."""
    import pandas as pd

    from resources.learning.measures import judged

    warehouse, connection = work.warehouse, work.connection
    fits, _ = fits_until(warehouse, max(work.keys))
    horizons = {fitted.parameters["horizon_days"] for fitted in fits}
    windows = []
    for week in work.keys:
        for days in sorted(horizons):
            scored = week - timedelta(days=days)
            then = in_force(fits, scored)
            if then is not None and then.parameters["horizon_days"] == days:
                windows.append((week, scored))
    if not windows:
        return Rows("")
    connection.execute("CREATE OR REPLACE TEMP TABLE windows (as_of DATE, scored_as_of DATE)")
    connection.executemany("INSERT INTO windows VALUES (?, ?)", [list(window) for window in windows])
    scored_weeks = sorted({scored for _, scored in windows})
    models = {week: model for week, model in _in_force(warehouse, fits, scored_weeks).items() if model is not None}
    _scores(warehouse, models)
    found = connection.execute((HERE / "outcomes.sql").read_text(encoding="utf-8")).df()
    rows = []
    for (as_of, scored_as_of), part in found.groupby(["as_of", "scored_as_of"], sort=True):
        loaded = models[pd.Timestamp(scored_as_of).date()]
        figures = judged(part["bought"].to_numpy(float), part["p_purchase"].to_numpy(float))
        rows.append(
            {
                "as_of": pd.Timestamp(as_of).date(),
                "scored_as_of": pd.Timestamp(scored_as_of).date(),
                "horizon_days": loaded.horizon_days,
                "customer_count": figures["count"],
                "realised_rate": figures["rate"],
                **{name: figures[name] for name in ("mean_score", "auc", "ap", "lift", "brier", "ece")},
                "expected_spend": round(float(part["expected_spend"].sum()), 2) if loaded.spend else None,
                "realised_spend": round(float(part["realised_spend"].sum()), 2),
                **_made_by(loaded),
            }
        )
    shown = [{name: str(row[name]) if name == "scored_as_of" else row[name] for name in checks.SHOWN} for row in rows]
    return Rows(
        pd.DataFrame(rows) if rows else "",
        evidence={checks.CAME_TRUE: {"backtests": evidence.table(shown)}} if rows else {},
    )


def drift_rows(work: Work) -> Rows:
    """How far inputs and score of each week's buyers have moved from the rows of the fit in force."""
    from assets.insights.predictions.drift import shifts

    fits, _ = fits_until(work.warehouse, max(work.keys))
    frames = []
    for week, loaded in _in_force(work.warehouse, fits, work.keys).items():
        if loaded is not None:
            scores = work.connection.execute(
                "SELECT p_purchase FROM insights.predictions WHERE as_of = $week ORDER BY person_id", {"week": week}
            ).df()
            frame = shifts(
                loaded.model, loaded.fitted.parameters["seen"], _buyers(work, week), scores["p_purchase"].to_numpy()
            )
            made = _made_by(loaded)
            frames.append(frame.assign(as_of=week, fitted_as_of=made["fitted_as_of"], model_version=loaded.version))
    shown = []
    if frames:
        newest = frames[-1].sort_values("psi", ascending=False, kind="stable")
        shown = [{"feature": row.feature, "psi": row.psi} for row in newest.head(checks.SHOWN_SHIFTS).itertuples()]
    return Rows(_together(frames), evidence={checks.MOVED: {"largest_shifts": evidence.table(shown)}} if shown else {})


def _in_force(warehouse: Warehouse, fits: list[Fitted], weeks: Sequence[date]) -> dict[date, Loaded | None]:
    """The model in force as of each week, each loaded once."""
    loaded: dict[date, Loaded] = {}
    found: dict[date, Loaded | None] = {}
    for week in weeks:
        fitted = in_force(fits, week)
        if fitted is not None and fitted.fitted_as_of not in loaded:
            loaded[fitted.fitted_as_of] = Loaded.of(fitted, warehouse.place.models)
        found[week] = loaded[fitted.fitted_as_of] if fitted is not None else None
    return found


def _buyers(work: Work, week: date) -> "pd.DataFrame":
    connection = work.connection
    buyers = connection.execute(
        "SELECT * FROM features.customers WHERE as_of = $week AND frequency > 0 ORDER BY person_id", {"week": week}
    ).df()
    if "reviews" not in work.warehouse.shop.tables:
        return buyers
    said = connection.execute(f"SELECT * FROM {CUSTOMER_OPINIONS.qualified} WHERE as_of = $week", {"week": week}).df()
    return with_opinions(buyers, said)


def _scored(week: date, loaded: Loaded, buyers: "pd.DataFrame") -> "pd.DataFrame":
    """person_id, p_purchase, expected_spend of the buyers of one week by one fit."""
    p_purchase = loaded.model.predict(buyers).round(SCORE_DECIMALS)
    spend = loaded.spend.expected(p_purchase, buyers).round(MONEY_DECIMALS) if loaded.spend else None
    frame = buyers[["person_id"]].assign(p_purchase=p_purchase, expected_spend=spend)
    return frame.assign(as_of=week, p_churn=(1 - p_purchase).round(SCORE_DECIMALS))


def _explained(week: date, loaded: Loaded, buyers: "pd.DataFrame") -> "pd.DataFrame":
    """The rows of insights.predictions of one week."""
    from assets.insights.predictions.reasons import reasons

    said = reasons(loaded.model, buyers)
    return _scored(week, loaded, buyers).assign(
        reasons_zh=[zh for zh, _ in said],
        reasons_en=[en for _, en in said],
        horizon_days=loaded.horizon_days,
        **_made_by(loaded),
    )


def _made_by(loaded: Loaded) -> dict[str, Any]:
    return {
        "method": loaded.fitted.method,
        "fitted_as_of": loaded.fitted.fitted_as_of,
        "model_version": loaded.version,
    }


def _scores(warehouse: Warehouse, models: dict[date, Loaded]) -> None:
    """The temporary table `scores` of past weeks: the stored ones, and where a week is absent or stale, worked out again. Leaves
    `persons` of all these weeks behind."""
    connection = warehouse.connection
    there = {
        date.fromisoformat(row[0])
        for row in connection.execute(
            "SELECT partition_key FROM ops.windows WHERE table_name = $table AND NOT is_stale",
            {"table": PREDICTIONS.qualified},
        ).fetchall()
    }
    money = "expected_spend" if warehouse.shop.has_prices else "CAST(NULL AS DOUBLE)"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE scores AS SELECT as_of AS scored_as_of, person_id, p_purchase, {money} AS expected_spend "
        "FROM insights.predictions WHERE list_contains($weeks, as_of)",
        {"weeks": [week for week in models if week in there]},
    )
    absent = [week for week in models if week not in there]
    select = prepare_customers(warehouse, list(models))
    connection.execute("CREATE OR REPLACE TEMP TABLE asked (as_of DATE)")
    said = None
    if absent and "reviews" in warehouse.shop.tables:
        connection.executemany("INSERT INTO asked VALUES (?)", [[week] for week in absent])
        said = connection.execute(opinions()).df()
    for week in absent:
        connection.execute("DELETE FROM asked")
        connection.execute("INSERT INTO asked VALUES (?)", [week])
        buyers = connection.execute(f"SELECT * FROM ({select}) WHERE frequency > 0 ORDER BY person_id").df()
        buyers = buyers if said is None else with_opinions(buyers, said)
        connection.register("frame", _scored(week, models[week], buyers))
        connection.execute("INSERT INTO scores SELECT as_of, person_id, p_purchase, expected_spend FROM frame")
        connection.unregister("frame")


def _together(frames: "list[pd.DataFrame]") -> "pd.DataFrame | str":
    import pandas as pd

    return pd.concat(frames, ignore_index=True) if frames else ""


def _holdout_evidence(fits: list[Fitted], week: date) -> dict[str, dict[str, Any]]:
    """What the fit in force showed on its hold-out, beside its baselines."""
    fitted = in_force(fits, week)
    if fitted is None:
        return {}
    metrics = fitted.metrics
    columns = ("model", "auc", "ap", "lift", "brier", "ece", "mean_score", "rate")
    shown = {
        "reason": f"{metrics['reason']} (as of {metrics['holdout_as_of']}, {metrics['horizon_days']} days)",
        "holdout": evidence.table([{name: row[name] for name in columns} for row in metrics["holdout"]]),
        "calibration": evidence.calibration_chart(metrics["calibration"], unit="probability of a purchase"),
    }
    if metrics["spend_holdout"]:
        shown["spend_holdout"] = evidence.table(metrics["spend_holdout"])
    return {checks.LEVEL: shown}
