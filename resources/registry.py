"""models.registry: fitted models are data, on a fixed calendar.

A model is fitted on the first Monday of a month from what was known before it; a week uses the newest fit in force at or
before it. A fit whose inputs changed since is stale and is made again, in order, so that the result does not depend on
which weeks were run first.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb


@dataclass(frozen=True)
class Fitted:
    """One fit. `in_force` is false for one that was judged not to be used; the one before stays in force then."""

    name: str
    fitted_as_of: date
    method: str
    parameters: dict[str, Any]
    metrics: dict[str, Any]
    in_force: bool

    @property
    def version(self) -> str:
        content = json.dumps([self.method, self.parameters], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:12]


Fitter = Callable[[date, Fitted | None], Fitted | None]


def fit_dates(first: date, last: date) -> list[date]:
    """The first Mondays of the months from `first` to `last`, both included."""
    monday = first + timedelta(days=-first.weekday() % 7)
    found = []
    while monday <= last:
        if monday.day <= 7:
            found.append(monday)
        monday += timedelta(days=7)
    return found


def replay(connection: duckdb.DuckDBPyConnection, name: str, dates: list[date], fit: Fitter) -> list[Fitted]:
    """The fits of a model on `dates`, in order: those recorded and not stale are kept, the others are made by `fit(date,
    the one in force before)`, which gives None where there is not enough history yet. From the first one made again on, all
    are, because each may rest on the one before."""
    known = {fitted.fitted_as_of: fitted for fitted in recorded(connection, name)}
    fits: list[Fitted] = []
    again = False
    for day in dates:
        fitted = None if again else known.get(day)
        if fitted is None:
            in_force = [earlier for earlier in fits if earlier.in_force]
            fitted = fit(day, in_force[-1] if in_force else None)
            if fitted is None:
                continue
            again = True
            _record(connection, fitted)
        fits.append(fitted)
    return fits


def in_force(fits: list[Fitted], week: date) -> Fitted | None:
    """The newest fit in force at or before a week."""
    usable = [fitted for fitted in fits if fitted.in_force and fitted.fitted_as_of <= week]
    return usable[-1] if usable else None


def recorded(connection: duckdb.DuckDBPyConnection, name: str) -> list[Fitted]:
    rows = connection.execute(
        "SELECT name, fitted_as_of, method, parameters, metrics, in_force FROM models.registry "
        "WHERE name = $name AND NOT is_stale ORDER BY fitted_as_of",
        {"name": name},
    ).fetchall()
    return [Fitted(row[0], row[1], row[2], json.loads(row[3]), json.loads(row[4]), row[5]) for row in rows]


def _record(connection: duckdb.DuckDBPyConnection, fitted: Fitted) -> None:
    connection.execute("BEGIN TRANSACTION")
    connection.execute(
        "DELETE FROM models.registry WHERE name = $name AND fitted_as_of = $day",
        {"name": fitted.name, "day": fitted.fitted_as_of},
    )
    connection.execute(
        "INSERT INTO models.registry VALUES (?, ?, ?, ?, ?, ?, ?, false)",
        [
            fitted.name,
            fitted.fitted_as_of,
            fitted.method,
            fitted.version,
            json.dumps(fitted.parameters, ensure_ascii=False),
            json.dumps(fitted.metrics, ensure_ascii=False),
            fitted.in_force,
        ],
    )
    connection.execute("COMMIT")
