"""The fit behind actions that sell something new: how probable a first purchase is, by action, learned on windows that had closed."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from assets.features.reads import as_of, customers_as_of
from assets.weekly import code_of
from resources.actions import Action
from resources.code import sql_files
from resources.errors import NotEnough
from resources.fitted import Fitted, Metrics
from resources.registry import RoomModel, first_mondays, forget_unless, replay
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from assets.outreach.winback.methods.propensity import Propensity

SQL = sql_files(__file__)
TRAINED_CUT_OFFS = 5
WARM_UP_DAYS = 60


def fit(warehouse: Warehouse, day: date, _: Fitted | None) -> Fitted:
    """Of every action with a goal of its own, as of `day`. Raises NotEnough where none has windows enough."""
    from assets.outreach.winback.methods.propensity import study

    folder = warehouse.place.models
    told: dict[str, Any] = {}
    rows: list[dict[str, Any]] = []
    short: list[NotEnough] = []
    for name, action in aimed(warehouse).items():
        try:
            earlier, later = _windows(warehouse, day, action)
            found, figures = study(earlier, later, action)
        except NotEnough as shortfall:
            short.append(shortfall)
            rows.append({"action": name, "model": str(shortfall)})
            continue
        told[name] = found.parameters(folder)
        rows += [{"action": name} | row for row in figures]
    if not told:
        raise short[0] if short else NotEnough("an action that sells something new", "none")
    reason = "a learner where it is ahead of the rate of all on a later window, else that rate"
    return Fitted(
        MODEL.name,
        day,
        "logistic",
        {"actions": told, "asked": _asked(warehouse)},
        Metrics(reason, {"holdout": rows}),
        in_force=True,
    )


MODEL = RoomModel("propensity", history_days=WARM_UP_DAYS + 28, fit=fit, code=code_of(__file__), is_memoryless=True)


def aimed(warehouse: Warehouse) -> dict[str, Action]:
    """The shop's actions that sell something new, by name."""
    actions = warehouse.shop.actions
    return {name: each for name, each in actions.offers.items() if each.goal != "winback"} if actions else {}


def propensities(warehouse: Warehouse, week: date) -> "dict[str, Propensity]":
    """By action the propensity in force as of a Monday; absent where there is not enough history."""
    from assets.outreach.winback.methods.propensity import Propensity

    asked = _asked(warehouse)
    if not asked:
        return {}
    # Of other actions, or of other ends, it says nothing.
    forget_unless(warehouse.connection, MODEL, lambda fitted: fitted.parameters["asked"] == asked)
    fitted = replay(warehouse, MODEL, [week]).in_force(week)
    told = fitted.parameters["actions"] if fitted else {}
    return {name: Propensity.of(each, warehouse.place.models) for name, each in told.items()}


def _asked(warehouse: Warehouse) -> dict[str, Any]:
    return {name: [each.goal, each.category, each.outcome_days] for name, each in aimed(warehouse).items()}


def with_category(
    warehouse: Warehouse, customers: "pd.DataFrame", week: date, action: Action, *, is_published: bool
) -> "pd.DataFrame":
    """Customers as of a Monday with what they had to do with an action's category."""
    if action.category is None:
        return customers
    inputs = as_of(warehouse, [week], is_published=is_published)
    found = warehouse.select(SQL("aimed"), inputs, {"category": action.category}).drop(columns="as_of")
    merged = customers.merge(found, on="person_id", how="left")
    return merged.fillna({"category_line_count": 0, "category_event_count_90d": 0})


def _windows(warehouse: Warehouse, day: date, action: Action) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """Whom the action is about at earlier cut-offs, and at the newest whose window had closed by `day`, with what they bought in it."""
    import pandas as pd

    days = timedelta(days=action.outcome_days)
    closed = first_mondays(warehouse.shop.start + timedelta(days=WARM_UP_DAYS), day - days)
    earlier = [cut_off for cut_off in closed if cut_off + days <= closed[-1]][-TRAINED_CUT_OFFS:] if closed else []
    if not earlier:
        raise NotEnough(
            f"two windows of {action.outcome_days} days", f"{(day - warehouse.shop.start).days} days of history"
        )
    parts = [_labelled(warehouse, cut_off, action) for cut_off in (*earlier, closed[-1])]
    return pd.concat(parts[:-1], ignore_index=True), parts[-1]


def _labelled(warehouse: Warehouse, cut_off: date, action: Action) -> "pd.DataFrame":
    from assets.outreach.winback.methods.propensity import is_meant, sampled

    customers = with_category(warehouse, customers_as_of(warehouse, cut_off), cut_off, action, is_published=False)
    customers = sampled(customers[is_meant(customers, action)])
    parameters = {"days": action.outcome_days, "category": action.category}
    later = warehouse.select(SQL("followed"), as_of(warehouse, [cut_off]), parameters).drop(columns="as_of")
    found = customers.merge(later, on="person_id", how="left")
    bought = found["bought"].fillna(value=False).astype(float)
    return found.assign(bought=bought, paid=found["paid"].fillna(0.0)).reset_index(drop=True)
