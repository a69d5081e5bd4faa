"""models.registry: fitted models are data, on a fixed calendar.

A model is fitted on the first Monday of a month (or of a quarter, where the shop says so) from what was known before it; a
week uses the newest fit in force at or before it. A fit whose inputs changed since, or that other code made, is made again,
in order, so that the result does not depend on which weeks were run first.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal

import duckdb

from resources.code import code_version
from resources.errors import NotEnough
from resources.fitted import Fitted, Metrics
from resources.shop import Shop

if TYPE_CHECKING:
    from resources.warehouse import Warehouse

QUARTERS = (1, 4, 7, 10)
# As the gate's book calls fits, beside tables: a fit is stale for a cause as a partition is.
REGISTRY = "models.registry"
# How the parameters of a fit name a file of weights.
WEIGHTS = r"[0-9a-f]+\.npz"

Fitter = Callable[["Warehouse", date, Fitted | None], Fitted]


@dataclass(frozen=True)
class RoomModel:
    """When and how a room's model is fitted.

    `fit(warehouse, day, before)` gives the fit as of `day`, `before` being the one in force until then; it raises NotEnough.
    The first fit is due `history_days` after the shop's start. `code`: the places whose code decides what comes out.
    `is_due(warehouse, day, before)` says whether a day needs a fit of its own. A memoryless fit rests on none before it, so that
    only the fits that weeks use are made.
    """

    name: str
    history_days: int
    fit: Fitter
    code: tuple[str, ...]
    at_most: Literal["monthly", "quarterly"] = "monthly"
    is_due: "Callable[[Warehouse, date, Fitted], bool] | None" = None
    is_memoryless: bool = False
    begins_at_once: bool = False
    """Whether the first Monday with history enough has a fit too, not only first Mondays of months."""

    def first_day(self, shop: Shop) -> date:
        """The first Monday on which there may be a fit."""
        day = shop.start + timedelta(days=self.history_days)
        return day + timedelta(days=-day.weekday() % 7)

    def fit_days(self, shop: Shop, until: date) -> list[date]:
        first = self.first_day(shop)
        days = first_mondays(first, until)
        if "quarterly" in (self.at_most, shop.settings.fits):
            days = [day for day in days if day.month in QUARTERS]
        return sorted({first, *days}) if self.begins_at_once and first <= until else days


@dataclass(frozen=True)
class Fits:
    """The fits of a model up to some week, in order, and of which days there is none, and why."""

    model: RoomModel
    shop: Shop
    made: list[Fitted]
    shortfalls: dict[date, NotEnough]

    def in_force(self, week: date) -> Fitted | None:
        """The newest fit in force at or before a week."""
        usable = [fitted for fitted in self.made if fitted.in_force and fitted.fitted_as_of <= week]
        return usable[-1] if usable else None

    @property
    def newest(self) -> Fitted | None:
        return self.made[-1] if self.made else None

    def why_none(self, week: date) -> str:
        """Why a week has no fit in force, as a sentence."""
        refused = [fitted for fitted in self.made if fitted.fitted_as_of <= week]
        if refused:
            return f"no fit in force: {refused[-1].metrics.reason}"
        short = [self.shortfalls[day] for day in sorted(self.shortfalls) if day <= week]
        if short:
            return str(short[-1])
        first = next(iter(self.model.fit_days(self.shop, week + timedelta(days=120))), None)
        days = f"{self.model.history_days} days of orders before the first Monday of a month"
        return str(NotEnough(days, f"{max(0, (week - self.shop.start).days)} days on {week}", first))


def first_mondays(first: date, last: date) -> list[date]:
    """The first Mondays of the months from `first` to `last`, both included."""
    monday = first + timedelta(days=-first.weekday() % 7)
    found = []
    while monday <= last:
        if monday.day <= 7:
            found.append(monday)
        monday += timedelta(days=7)
    return found


def replay(warehouse: "Warehouse", model: RoomModel, weeks: Sequence[date]) -> Fits:
    """The fits that some weeks need: those recorded and not stale are kept, the others are made, in order. From the first one
    made again on, all are, because each may rest on the one before."""
    connection, shop = warehouse.connection, warehouse.shop
    shortfalls: dict[date, NotEnough] = warehouse.once(("shortfalls", model.name), dict)
    forget_lost(warehouse)
    known = {fitted.fitted_as_of: fitted for fitted in recorded(connection, model)}
    days = model.fit_days(shop, max(weeks))
    if model.is_memoryless:
        return _needed(warehouse, model, weeks, days, known, shortfalls)
    made: list[Fitted] = []
    again = False
    before: Fitted | None = None
    for day in days:
        fitted = None if again else known.get(day)
        if fitted is None:
            if before and model.is_due and not model.is_due(warehouse, day, before):
                continue
            fitted = _fit(warehouse, model, day, before, shortfalls)
            if fitted is None:
                continue
            again = True
        made.append(fitted)
        before = fitted if fitted.in_force else before
    return Fits(model, shop, made, shortfalls)


def _needed(
    warehouse: "Warehouse",
    model: RoomModel,
    weeks: Sequence[date],
    days: list[date],
    known: dict[date, Fitted],
    shortfalls: dict[date, NotEnough],
) -> Fits:
    """Of each week the newest fit, and earlier ones while the newer are not in force."""
    made: dict[date, Fitted] = {}
    for week in weeks:
        for day in [day for day in days if day <= week][::-1]:
            fitted = made.get(day) or known.get(day) or _fit(warehouse, model, day, None, shortfalls)
            if fitted is None:
                # Earlier days have less history still.
                break
            made[day] = fitted
            if fitted.in_force:
                break
    return Fits(model, warehouse.shop, [made[day] for day in sorted(made)], shortfalls)


def _fit(
    warehouse: "Warehouse", model: RoomModel, day: date, before: Fitted | None, shortfalls: dict[date, NotEnough]
) -> Fitted | None:
    """Fits and records; None where there is not enough, which is asked once a run: nothing delivered changes under a step."""
    if day in shortfalls:
        return None
    try:
        fitted = model.fit(warehouse, day, before)
    except NotEnough as shortfall:
        shortfalls[day] = shortfall
        return None
    _record(warehouse.connection, model, fitted)
    return fitted


def recorded(connection: duckdb.DuckDBPyConnection, model: RoomModel) -> list[Fitted]:
    """The fits of a model that hold: made by the code of today, of inputs that have not changed since."""
    return _read(
        connection, "name = $name AND code_version = $code", {"name": model.name, "code": code_version(*model.code)}
    )


def fit_of(connection: duckdb.DuckDBPyConnection, name: str, fitted_as_of: date) -> Fitted | None:
    """A recorded fit by its model and day."""
    found = _read(connection, "name = $name AND fitted_as_of = $day", {"name": name, "day": fitted_as_of})
    return found[0] if found else None


def in_force(connection: duckdb.DuckDBPyConnection, week: date) -> list[Fitted]:
    """Of each model the newest fit in force at or before a week."""
    newest = "QUALIFY row_number() OVER (PARTITION BY name ORDER BY fitted_as_of DESC) = 1"
    return _read(connection, f"in_force AND fitted_as_of <= $week {newest}", {"week": week})


def weights_of(fitted: Fitted) -> list[str]:
    """The files of weights that a fit names."""
    return sorted(set(re.findall(WEIGHTS, json.dumps(fitted.parameters))))


def _read(connection: duckdb.DuckDBPyConnection, where: str, parameters: dict[str, Any]) -> list[Fitted]:
    rows = connection.execute(
        "SELECT name, fitted_as_of, method, parameters, metrics, in_force FROM models.registry "
        f"WHERE NOT is_stale AND code_version IS NOT NULL AND {where} ORDER BY fitted_as_of",
        parameters,
    ).fetchall()
    return [Fitted(row[0], row[1], row[2], json.loads(row[3]), Metrics(**json.loads(row[4])), row[5]) for row in rows]


def forget_unless(connection: duckdb.DuckDBPyConnection, model: RoomModel, holds: Callable[[Fitted], bool]) -> None:
    """Fits of a model that do not hold any more are to be made again."""
    for fitted in recorded(connection, model):
        if not holds(fitted):
            connection.execute(
                "UPDATE models.registry SET is_stale = true WHERE name = $name AND fitted_as_of = $day",
                {"name": model.name, "day": fitted.fitted_as_of},
            )


def forget_lost(warehouse: "Warehouse") -> None:
    """Fits whose file of weights is gone (a warehouse moved without its models) are to be made again."""
    there = [path.name for path in warehouse.place.models.glob("*.npz")]
    warehouse.connection.execute(
        r"UPDATE models.registry SET is_stale = true WHERE NOT is_stale "
        "AND NOT list_has_all($there, regexp_extract_all(CAST(parameters AS VARCHAR), $weights))",
        {"there": there, "weights": WEIGHTS},
    )


def forget_unnamed(warehouse: "Warehouse") -> int:
    """Removes files of weights that no recorded fit names, and what a killed process left half written. Returns how many."""
    named = {
        name
        for (names,) in warehouse.connection.execute(
            "SELECT regexp_extract_all(CAST(parameters AS VARCHAR), $weights) FROM models.registry",
            {"weights": WEIGHTS},
        ).fetchall()
        for name in names
    }
    files = [
        path for path in warehouse.place.models.glob("*") if path.suffix in (".npz", ".tmp") and path.name not in named
    ]
    for path in files:
        path.unlink()
    return len(files)


def keep_newest(connection: duckdb.DuckDBPyConnection, model: RoomModel, fitted: Fitted) -> None:
    """Records a fit in the place of all earlier ones of its model."""
    _record(connection, model, fitted)
    connection.execute(
        "DELETE FROM models.registry WHERE name = $name AND fitted_as_of <> $day",
        {"name": fitted.name, "day": fitted.fitted_as_of},
    )


def _record(connection: duckdb.DuckDBPyConnection, model: RoomModel, fitted: Fitted) -> None:
    metrics = {name: getattr(fitted.metrics, name) for name in ("reason", "holdout", "calibration", "figures")}
    connection.execute("BEGIN TRANSACTION")
    connection.execute(
        "DELETE FROM models.registry WHERE name = $name AND fitted_as_of = $day",
        {"name": fitted.name, "day": fitted.fitted_as_of},
    )
    connection.execute(
        "DELETE FROM ops.causes WHERE table_name = $table AND partition_key = $fit",
        {"table": REGISTRY, "fit": f"{fitted.name} {fitted.fitted_as_of}"},
    )
    connection.execute(
        "INSERT INTO models.registry BY NAME SELECT $name AS name, $day AS fitted_as_of, $method AS method, $version AS version, "
        "$parameters AS parameters, $metrics AS metrics, $in_force AS in_force, false AS is_stale, $code AS code_version",
        {
            "name": fitted.name,
            "day": fitted.fitted_as_of,
            "method": fitted.method,
            "version": fitted.version,
            "parameters": json.dumps(fitted.parameters, ensure_ascii=False),
            "metrics": json.dumps(metrics, ensure_ascii=False),
            "in_force": fitted.in_force,
            "code": code_version(*model.code),
        },
    )
    connection.execute("COMMIT")
