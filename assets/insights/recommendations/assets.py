"""insights/recommendations: settings chosen and judged on the first Mondays of quarters, lists made anew every week from what was known."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from assets.features.tables import CUSTOMERS, IDENTITIES
from assets.insights.recommendations import inputs
from assets.insights.recommendations.tables import FEEDBACK, PROFILES, RECOMMENDATIONS, SEGMENTS, SIMILAR, TOGETHER
from data_checks import recommendations as checks
from data_checks.gate import gated_asset
from data_checks.rows import Rows, Work, figures_of
from resources.calendar import Calendar, monday_after
from resources.contract import CONTRACT
from resources.evidence import fit_notes, table
from resources.registry import Fitted, fit_dates, in_force, replay
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import dagster as dg
    import duckdb
    import pandas as pd

MODEL = "recommendations"
# Settings change slowly, and what customers did reaches the lists every week whatever the settings.
QUARTERS = (1, 4, 7, 10)
HISTORY_DAYS = 90
LEAST_PAST_DAYS = 30
MOST_LINES, LEAST_ORDERS = 50, 3


def build(calendar: Calendar) -> "list[dg.AssetsDefinition]":
    gated, shop = partial(gated_asset, calendar=calendar), calendar.shop
    facts = [CONTRACT[name].clean for name in ("orders", "events") if name in shop.tables]
    changes = [CONTRACT[name].clean for name in ("products", "customers", "links") if name in shop.tables]
    rests = [CUSTOMERS, SEGMENTS, *facts, *changes]
    if "links" in shop.tables:
        rests.append(IDENTITIES)
    suite = checks.recommendations(shop)
    assets = [
        gated(RECOMMENDATIONS, recommendation_rows, reads=rests, suite=suite, kinds={"implicit"}),
        gated(PROFILES, profile_rows, reads=rests, suite=checks.profiles(), kinds={"sql"}),
        gated(
            SIMILAR,
            similar_rows,
            reads=[CUSTOMERS, *facts, *changes],
            suite=checks.similar_products(),
            kinds={"implicit"},
        ),
        gated(TOGETHER, together_rows, reads=[CUSTOMERS, *facts], suite=checks.bought_together(), kinds={"sql"}),
    ]
    if "events" in shop.tables:
        assets.append(gated(FEEDBACK, feedback_rows, reads=[CUSTOMERS, *facts], suite=checks.feedback(), kinds={"sql"}))
    return assets


# Days as of which there is too little to fit on: six tables ask, and as long as the warehouse is open the answer is the same.
_TOO_EARLY: "WeakKeyDictionary[duckdb.DuckDBPyConnection, set[date]]" = WeakKeyDictionary()


def fit_model(warehouse: Warehouse, day: date, before: Fitted | None) -> Fitted | None:
    """The settings as of a day: chosen on the window before the last, judged on the last. The windows are the shortest of the set ones in
    which enough customers bought; None where even the longest have too few, or the history does not reach back so far."""
    too_early = _TOO_EARLY.setdefault(warehouse.connection, set())
    fitted = None if day in too_early else _fitted(warehouse, day, before)
    if fitted is None:
        too_early.add(day)
    return fitted


def _fitted(warehouse: Warehouse, day: date, before: Fitted | None) -> Fitted | None:
    from assets.insights.recommendations import monthly

    shop = warehouse.shop
    for horizon_days in inputs.HORIZONS_DAYS:
        test, validation = (day - timedelta(days=n * horizon_days) for n in (1, 2))
        if validation < shop.start + timedelta(days=LEAST_PAST_DAYS):
            return None
        fit = monthly.fit(
            inputs.window(warehouse, validation, horizon_days),
            inputs.window(warehouse, test, horizon_days),
            before.parameters if before else None,
            inputs.fixed_weighting(shop),
            inputs.bounds_of(shop),
        )
        if fit is not None:
            parameters = fit.parameters | {"horizon_days": horizon_days}
            return Fitted(MODEL, day, "blend", parameters, fit.metrics, fit.in_force)
    return None


def fits_until(warehouse: Warehouse, week: date) -> list[Fitted]:
    first = monday_after(warehouse.shop.start + timedelta(days=HISTORY_DAYS))
    quarters = [day for day in fit_dates(first, week) if day.month in QUARTERS]
    return replay(warehouse.connection, MODEL, quarters, partial(fit_model, warehouse))


def kept_weeks(work: Work) -> list[date]:
    """Those of the weeks asked for whose lists are kept: the shop's set number, counted back from its newest week."""
    (newest,) = work.connection.execute("SELECT max(as_of) FROM features.customers").fetchall()[0]
    weeks = work.warehouse.shop.recommendations.weeks
    return [week for week in work.keys if newest is None or week > newest - timedelta(days=7 * weeks)]


def recommendation_rows(work: Work) -> Rows:
    """Both lists of every customer of the kept weeks; none before there is history enough for a first fit, nor by a fit whose list
    lost to popularity."""
    import pandas as pd

    from assets.insights.recommendations import lists, rebuy
    from assets.insights.recommendations.fitting import Settings

    warehouse, shop = work.warehouse, work.warehouse.shop
    weeks = kept_weeks(work)
    fits = fits_until(warehouse, max(weeks)) if weeks else []
    rules, bounds, wanted = inputs.rules_of(shop), inputs.bounds_of(shop), shop.recommendations
    frames: list[pd.DataFrame] = []
    unfitted: list[date] = []
    for week in weeks:
        fitted = in_force(fits, week)
        if fitted is None:
            unfitted.append(week)
            continue
        made_from = week_of(warehouse, week)
        parameters = fitted.parameters
        made = []
        if parameters["lists"]["discover"]:
            settings = Settings.of(parameters)
            made.append(lists.discover(made_from, settings, parameters["arms"], rules, wanted.holdout_share, bounds))
        if parameters["lists"]["rebuy"]:
            made.append(lists.again(made_from, rebuy.Rebuy.of(parameters["rebuy"]), rules, wanted.rebuy_length))
        frames += [
            frame.assign(as_of=week, fitted_as_of=fitted.fitted_as_of, model_version=fitted.version) for frame in made
        ]
    lacking = (
        f"not enough history: needs {HISTORY_DAYS} days, and {_least()} customers who bought again in each of the last two "
        f"windows of up to {max(inputs.HORIZONS_DAYS)} days"
    )
    notes = fit_notes(fits, unfitted, lacking, "lists")
    if len(weeks) < len(work.keys):
        notes["weeks_not_kept"] = (
            f"{len(work.keys) - len(weeks)} weeks are older than the {wanted.weeks} whose lists are kept"
        )
    return Rows(
        pd.concat(frames, ignore_index=True) if frames else "",
        metadata=notes,
        figures=_figures(fits, frames),
        evidence=_evidence(fits),
    )


def _least() -> int:
    from assets.insights.recommendations.monthly import LEAST_JUDGED

    return LEAST_JUDGED


def week_of(warehouse: Warehouse, week: date) -> Any:
    from assets.insights.recommendations.lists import Week

    found = inputs.known(warehouse, week)
    customers = inputs.people(warehouse, week)
    events = inputs.select(warehouse, "feedback", week=week, days=inputs.FEEDBACK_DAYS)
    return Week(week, found.past, found.catalogue, found.gaps, customers, inputs.groups_of(customers), events)


def _figures(fits: list[Fitted], frames: "list[pd.DataFrame]") -> str | None:
    """By week how far the lists are ahead, how much of the catalogue they cover, and how alike two customers' lists are."""
    from assets.insights.recommendations.lists import spread

    figures: dict[date, list[float | None]] = {}
    for frame in frames:
        if frame.empty or frame["list"].iloc[0] != "discover":
            continue
        week = frame["as_of"].iloc[0]
        fitted = in_force(fits, week)
        metrics = fitted.metrics if fitted else {}
        ahead = [metrics.get(f"{name}_ndcg_ahead_of_popularity") for name in ("discover", "rebuy")]
        figures[week] = [*ahead, *spread(frame)]
    return figures_of("as_of", ["discover_ahead", "rebuy_ahead", "coverage", "overlap"], figures)


def _evidence(fits: Sequence[Fitted]) -> dict[str, dict[str, Any]]:
    if not fits:
        return {}
    metrics = fits[-1].metrics
    shown = {name: value for name, value in metrics.items() if name.endswith(("popularity", "frequency"))}
    entry = {"fitted_as_of": fits[-1].fitted_as_of.isoformat(), "reason": metrics["reason"], **shown}
    return {checks.AHEAD: entry | {"holdout": table(metrics["holdout"])}}


def _settings(warehouse: Warehouse, week: date) -> Any:
    """The settings in force; before the first fit, those that every shop begins with."""
    from assets.insights.recommendations.fitting import Settings

    fitted = in_force(fits_until(warehouse, week), week)
    return Settings.of(fitted.parameters) if fitted else Settings.default(inputs.fixed_weighting(warehouse.shop))


def profile_rows(work: Work) -> Rows:
    """What each customer of the kept weeks likes."""
    warehouse, connection = work.warehouse, work.connection
    frames: list[pd.DataFrame] = []
    for week in kept_weeks(work):
        settings = _settings(warehouse, week)
        found = inputs.known(warehouse, week)
        inputs.people(warehouse, week)
        for name, frame in (
            ("interests", found.past.interactions(settings.weighting).frame()),
            ("goods", found.catalogue),
        ):
            connection.register("frame", frame)
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM frame")
            connection.unregister("frame")
        frames.append(inputs.select(warehouse, "profiles", week=week))
    return _all(frames)


def similar_rows(work: Work) -> Rows:
    """Which products go with which, of the kept weeks."""
    from assets.insights.recommendations.similar import similar

    frames: list[pd.DataFrame] = []
    for week in kept_weeks(work):
        settings = _settings(work.warehouse, week)
        found = inputs.known(work.warehouse, week)
        frames.append(similar(found.past, settings, inputs.bounds_of(work.warehouse.shop)).assign(as_of=week))
    return _all(frames)


def together_rows(work: Work) -> Rows:
    """Pairs bought together, of the kept weeks."""
    frames: list[pd.DataFrame] = []
    limit = work.warehouse.shop.limits.outlier_quantity
    work.warehouse.view(CONTRACT["orders"].clean)
    for week in kept_weeks(work):
        frames.append(
            inputs.select(
                work.warehouse, "together", week=week, outlier_quantity=limit, most=MOST_LINES, least=LEAST_ORDERS
            )
        )
    return _all(frames)


def feedback_rows(work: Work) -> Rows:
    """What impressions and clicks say of the sources, of the kept weeks."""
    from assets.insights.recommendations import feedback

    frames: list[pd.DataFrame] = []
    for week in kept_weeks(work):
        fitted = in_force(fits_until(work.warehouse, week), week)
        arms = fitted.parameters["arms"] if fitted else {}
        frames.append(feedback.table(inputs.shown(work.warehouse, week), arms).assign(as_of=week))
    return _all(frames)


def _all(frames: "list[pd.DataFrame]") -> Rows:
    import pandas as pd

    there = [frame for frame in frames if len(frame)]
    return Rows(pd.concat(there, ignore_index=True) if there else "")
