"""The model of a month: fitted as of its first Monday, judged on the window before it, and the scores it gives.

The hold-out is a third of the shop's history, so that a regression has a window to learn from and another to be judged on: as of
the cut-off (that long before the fit) everything is fitted once more and compared with what came until the fit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from assets.features.frames import prepare_persons
from assets.features.labels import labelled_customers
from assets.insights.clv.summaries import (
    customers_of,
    prepare_days,
    prepare_margins,
    prepare_summary,
    published_persons,
    sql,
)
from resources.calendar import monday_after
from resources.registry import Fitted, fit_dates, replay
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from assets.insights.clv.fitting import Fit
    from assets.insights.clv.gamma_gamma import SpendFit

NAME = "clv"
HISTORY_DAYS = 91
MIN_HORIZON_DAYS, MAX_HORIZON_DAYS = 28, 364
LEVEL = 0.8


@dataclass(frozen=True)
class Model:
    """`purchases` tells expected purchases, `alive` (MBG/NBD) the probability of being alive, `spend` the order value."""

    purchases: "Fit"
    alive: "Fit"
    spend: "SpendFit | None"
    history_days: int

    def parameters(self) -> dict[str, Any]:
        return {
            "purchases": self.purchases.parameters(),
            "alive": self.alive.parameters(),
            "spend": self.spend.parameters() if self.spend else None,
            "history_days": self.history_days,
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> "Model":
        from assets.insights.clv.fitting import Fit
        from assets.insights.clv.gamma_gamma import SpendFit

        spend = parameters["spend"]
        return cls(
            Fit.from_parameters(parameters["purchases"]),
            Fit.from_parameters(parameters["alive"]),
            SpendFit.from_parameters(spend) if spend else None,
            parameters["history_days"],
        )


@dataclass(frozen=True)
class InForce:
    """The fit that a week uses; without one, why."""

    fitted: Fitted | None
    why_not: str = ""


def in_force(warehouse: Warehouse, week: date) -> InForce:
    """The newest fit in force at or before a week, fitted now where it is missing.

    A fit rests on nothing but what was known before it, so only those that are needed are made: the newest, and earlier ones
    while the newer are not in force.
    """
    why_not: dict[date, str] = {}
    first = monday_after(warehouse.shop.start + timedelta(days=HISTORY_DAYS - 1))
    for day in reversed(fit_dates(first, week)):
        found = replay(warehouse.connection, NAME, [day], partial(_fitted, warehouse, why_not))
        if not found:
            break
        if found[0].in_force:
            return InForce(found[0])
        why_not[day] = f"no fit in force: {found[0].metrics['reason']}"
    has = (week - warehouse.shop.start).days
    return InForce(
        None, next(iter(why_not.values()), f"not enough history: needs {HISTORY_DAYS} days before a month, has {has}")
    )


def _fitted(warehouse: Warehouse, why_not: dict[date, str], day: date, before: Fitted | None) -> Fitted | None:
    from assets.insights.clv.fitting import NotFitted

    try:
        return fit_model(warehouse, day)
    except NotFitted as reason:
        why_not[day] = str(reason)
        return None


def fit_model(warehouse: Warehouse, day: date) -> Fitted:
    """The model as of a Monday, judged. Raises NotFitted where there is too little, also for judging it."""
    from assets.insights.clv.holdout import NAMES, choose

    history_days = (day - warehouse.shop.start).days
    horizon_days = min(max(history_days // 3 // 7 * 7, MIN_HORIZON_DAYS), MAX_HORIZON_DAYS)
    figures = _judged(warehouse, day - timedelta(days=horizon_days), horizon_days)
    choice = choose(figures)
    prepare_persons(warehouse, [day])
    prepare_days(warehouse, [day])
    prepare_summary(warehouse)
    fits, spend = _fits(warehouse, _summary_of(warehouse, day))
    by_model = {fit.model: fit for fit in fits}
    model = Model(by_model[choice.model], by_model["mbgnbd"], spend, history_days)
    tables = [
        {"target": target} | row for target in ("purchases", "money") if target in figures for row in figures[target]
    ]
    metrics = {
        "model": NAMES[choice.model],
        "cut_off": (day - timedelta(days=horizon_days)).isoformat(),
        "horizon_days": horizon_days,
        "customers": figures["customers"],
        "holdout": tables,
        "by_frequency": figures["by_frequency"],
        "coverage": figures.get("intervals", []),
        "reason": choice.reason,
        "order_value": spend.reason if spend else "no customer has money above 0",
    }
    return Fitted(NAME, day, choice.model, model.parameters(), metrics, choice.in_force)


def _summary_of(warehouse: Warehouse, day: date) -> "pd.DataFrame":
    return warehouse.connection.execute(
        "SELECT * FROM summary WHERE as_of = $day ORDER BY person_id", {"day": day}
    ).df()


def _fits(warehouse: Warehouse, customers: "pd.DataFrame") -> "tuple[list[Fit], SpendFit | None]":
    """BG/NBD, MBG/NBD and the order value. Raises NotFitted."""
    from assets.insights.clv import bgnbd, gamma_gamma, mbgnbd
    from assets.insights.clv.fitting import NotEnough
    from assets.insights.clv.groups import grouped

    if customers.empty:
        raise NotEnough("customers who bought", 0)
    groups, _ = grouped(customers)
    fits = [model.fit(groups) for model in (bgnbd, mbgnbd)]
    if not warehouse.shop.has_prices:
        return fits, None
    try:
        return fits, gamma_gamma.fit(customers)
    except NotEnough:
        return fits, None


def _judged(warehouse: Warehouse, cut_off: date, horizon_days: int) -> dict[str, Any]:
    """The hold-out's figures: everything fitted as of the cut-off, against what came in the days after it."""
    from assets.insights.clv import cohort_curve, regression
    from assets.insights.clv.holdout import judge

    earlier, end = cut_off - timedelta(days=horizon_days), cut_off + timedelta(days=horizon_days)
    labelled = labelled_customers(warehouse, [earlier, cut_off], horizon_days, end)
    # The persons of both Mondays are there now.
    prepare_days(warehouse, [cut_off], horizon_days)
    prepare_summary(warehouse)
    customers = _summary_of(warehouse, cut_off)
    fits, spend = _fits(warehouse, customers)
    by_step = warehouse.connection.execute(sql("cohort_curve")).df()
    purchases, money = (
        {"cohort curve": curve} if curve is not None else {}
        for curve in (
            cohort_curve.expected(by_step, name, customers["T"], horizon_days) for name in ("purchases", "spend")
        )
    )
    is_now = labelled["as_of"].astype(str) == str(cut_off)
    now = labelled[is_now].set_index("person_id").loc[customers["person_id"]]
    target, challengers = ("later_spend", money) if spend else ("later_purchases", purchases)
    challengers.update(regression.forecasts(labelled[~is_now], now, target))
    return judge(customers, fits, spend, horizon_days, purchases, money)


def prepare_scoring(warehouse: Warehouse, weeks: "tuple[date, ...]") -> None:
    """Makes what `scored` reads, for all weeks at once."""
    published_persons(warehouse, weeks)
    prepare_days(warehouse, weeks)
    prepare_summary(warehouse)
    prepare_margins(warehouse)


def scored(warehouse: Warehouse, week: date, fitted: Fitted) -> "tuple[pd.DataFrame, dict[str, Any]]":
    """What insights.clv says of one Monday by one fit: the figures of each customer, ordered by person, and what all have in common."""
    from assets.insights.clv import value
    from assets.insights.clv.margins import margin_share
    from assets.insights.clv.words import alive_method, order_value_method, purchase_method

    model = Model.from_parameters(fitted.parameters)
    customers = customers_of(warehouse, week)
    months = [n for n in value.MONTHS if n * value.DAYS_PER_MONTH <= model.history_days]
    margins = margin_share(customers["paid"], customers["cost"], customers["frequency"] + 1)
    scores = value.score(
        customers,
        model.purchases,
        model.alive,
        model.spend,
        yearly_discount_rate=warehouse.shop.settings.yearly_discount_rate,
        margin=1.0 if margins is None else margins,
        months=months,
        level=LEVEL,
        interval_months=[n for n in months if n == 12],
    )
    for name in scores:
        scores[name] = scores[name].round(4 if name.startswith("clv") or name == "expected_order_value" else 6)
    scores["person_id"] = customers["person_id"]
    if margins is not None:
        scores["margin_share"] = margins.round(6)
    alive, purchases = alive_method(model.alive), purchase_method(model.purchases)
    order_values = order_value_method(model.spend)
    return scores, {
        "as_of": week,
        "alive_method_zh": alive.zh,
        "alive_method_en": alive.en,
        "purchase_method_zh": purchases.zh,
        "purchase_method_en": purchases.en,
        "order_value_method_zh": order_values.zh,
        "order_value_method_en": order_values.en,
        "fitted_as_of": fitted.fitted_as_of,
        "model_version": fitted.version,
    }
