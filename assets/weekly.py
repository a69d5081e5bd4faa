"""The step that every weekly table with a fit takes: replay the fits, score each week by the one it uses, say what is missing."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from data_checks.gate import book
from data_checks.gate.rows import Rows, Work
from resources.calendar import monday_after
from resources.code import place_of
from resources.evidence import Evidence
from resources.fitted import Fitted
from resources.quoting import identifier
from resources.registry import Fits, RoomModel, replay
from resources.tables import Table

if TYPE_CHECKING:
    import pandas as pd


def code_of(module_file: str) -> tuple[str, ...]:
    """The places whose code decides what a room's fits are: its own folder, the features they rest on, and the learners."""
    return (place_of(module_file), "assets/features", "resources/learning")


def weekly_rows(
    work: Work,
    table: Table,
    model: RoomModel,
    score: "Callable[[date, Fitted], pd.DataFrame]",
    what: str,
    weeks: Sequence[date] | None = None,
    evidence: "Callable[[Fits], dict[str, Evidence]] | None" = None,
) -> Rows:
    """The rows of `table` of the weeks asked for, or of `weeks`: those of each week by `score(week, fit in force)`, with as_of,
    fitted_as_of and model_version; none before there is a fit. `what` names the rows in the note on weeks without them."""
    weeks = work.keys if weeks is None else weeks
    if not weeks:
        return Rows("")
    fits = replay(work.warehouse, model, weeks)
    without = keep_scores(work, table, fits, weeks, score)
    return Rows(
        "SELECT * FROM scored",
        metadata=notes_on(fits, without, what),
        evidence=evidence(fits) if evidence else {},
        plots=plots_of(fits, weeks),
    )


def keep_scores(
    work: Work,
    table: Table,
    fits: Fits,
    weeks: Sequence[date],
    score: "Callable[[date, Fitted], pd.DataFrame]",
) -> list[date]:
    """Scores weeks one after the other into the temporary table `scored`, so that memory does not grow with the weeks; returns
    those without a fit."""
    connection = work.connection
    connection.execute(table.create_sql("scored", temporary=True).replace("CREATE", "CREATE OR REPLACE", 1))
    without: list[date] = []
    for week in weeks:
        fitted = fits.in_force(week)
        if fitted is None:
            without.append(week)
            continue
        frame = score(week, fitted)
        if frame.empty:
            continue
        stamps = {"as_of": week, "fitted_as_of": fitted.fitted_as_of, "model_version": fitted.version}
        names = [name for name in frame.columns if name in table.column_names and name not in stamps]
        given = {name: value for name, value in stamps.items() if name in table.column_names}
        columns = ", ".join([*(f'"{name}"' for name in names), *(f"${name} AS {name}" for name in given)])
        connection.register("frame", frame)
        connection.execute(f"INSERT INTO scored BY NAME SELECT {columns} FROM frame", given)
        connection.unregister("frame")
    return without


def notes_on(fits: Fits, without: Sequence[date], what: str) -> dict[str, Any]:
    """What a step says of its fits: the newest, and up to which week there is no `what`, and why."""
    notes: dict[str, Any] = {}
    if fits.newest:
        newest = fits.newest
        notes["newest_fit"] = newest.fitted_as_of.isoformat()
        notes |= {"method": newest.method, "in_force": newest.in_force, "reason": newest.metrics.reason}
    if without:
        notes["not_enough_history"] = f"{fits.why_none(without[-1])}; weeks up to {without[-1]} have no {what}"
    return notes


def plots_of(fits: Fits, weeks: Sequence[date]) -> dict[str, Mapping[str, float]]:
    """What the fit that each week uses showed on its hold-out, as numbers which the web UI plots over the weeks."""
    used = {week.isoformat(): fits.in_force(week) for week in weeks}
    return {
        week: {name: float(figure) for name, figure in fitted.metrics.figures.items() if figure is not None}
        for week, fitted in used.items()
        if fitted
    }


def stored_weeks(work: Work, table: Table, weeks: Sequence[date]) -> list[date]:
    """Those of some weeks whose partition of a table is there and up to date. The others are to be worked out by who needs them, so
    that a first run gives what a backfill gives."""
    there = book.published(work.connection, table)
    return [week for week in weeks if week.isoformat() in there]


def scores_a_week_before(
    work: Work, table: Table, model: RoomModel, score: "Callable[[date, Fitted], pd.DataFrame]"
) -> str:
    """The select of the rows of `table` of the week before each week asked for: those stored, else by `score(week, fit in force)`."""
    warehouse = work.warehouse
    earlier = [week for week in map(week_before, work.keys) if week >= monday_after(warehouse.shop.start)]
    stored = stored_weeks(work, table, earlier)
    absent = [week for week in earlier if week not in stored]
    keep_scores(work, table, replay(warehouse, model, absent or work.keys), absent, score)
    # A home of an earlier release has columns that nobody declares any more.
    declared = ", ".join(identifier(name) for name in table.column_names if name in warehouse.ensure(table))
    work.connection.execute(
        f"INSERT INTO scored BY NAME SELECT {declared} FROM {table.qualified} WHERE list_contains($weeks, as_of)",
        {"weeks": stored},
    )
    return "SELECT * FROM scored"


def kept_weeks(work: Work) -> list[date]:
    """Those of the weeks asked for whose lists and cards are kept: the shop's set number, counted back from its newest week."""
    newest = newest_week(work)
    weeks = work.warehouse.shop.recommendations.weeks
    return [week for week in work.keys if newest is None or week > newest - timedelta(days=7 * weeks)]


def newest_week(work: Work) -> date | None:
    """The newest week of the shop's customers."""
    return work.connection.execute("SELECT max(as_of) FROM features.customers").fetchall()[0][0]


def week_before(week: date) -> date:
    return week - timedelta(days=7)
