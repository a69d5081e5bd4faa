"""The model of a month: fitted as of its first Monday, judged on the window before it, and the scores it gives.

The hold-out is a third of the shop's history, so that a regression has a window to learn from and another to be judged on: as of
the cut-off (that long before the fit) everything is fitted once more and compared with what came until the fit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from assets.features.labels import labelled_customers
from assets.insights.clv.reads import SQL, customers_of, purchases, scored_customers
from assets.weekly import code_of
from resources.errors import NotEnough
from resources.fitted import Fitted, Metrics
from resources.registry import RoomModel
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from assets.insights.clv.methods.gamma_gamma import SpendFit
    from assets.insights.clv.methods.maximum_likelihood import Fit

MIN_HORIZON_DAYS, MAX_HORIZON_DAYS = 28, 364
LEVEL = 0.8


@dataclass(frozen=True)
class Model:
    """`purchases` predicts purchases, `alive` (MBG/NBD) the probability of being alive, `spend` the order value."""

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
        from assets.insights.clv.methods.gamma_gamma import SpendFit
        from assets.insights.clv.methods.maximum_likelihood import Fit

        spend = parameters["spend"]
        return cls(
            Fit.from_parameters(parameters["purchases"]),
            Fit.from_parameters(parameters["alive"]),
            SpendFit.from_parameters(spend) if spend else None,
            parameters["history_days"],
        )


def fit(warehouse: Warehouse, day: date, before: Fitted | None) -> Fitted:
    """The model as of a Monday, judged. Raises NotEnough where there is too little, also for judging it."""
    from assets.insights.clv.methods.study import NAMES, choose, figures_of

    history_days = (day - warehouse.shop.start).days
    horizon_days = min(max(history_days // 3 // 7 * 7, MIN_HORIZON_DAYS), MAX_HORIZON_DAYS)
    holdout = _judged(warehouse, day - timedelta(days=horizon_days), horizon_days)
    choice = choose(holdout)
    fits, spend = _fits(warehouse, customers_of(warehouse, day))
    by_model = {fitted.model: fitted for fitted in fits}
    model = Model(by_model[choice.model], by_model["mbgnbd"], spend, history_days)
    chosen = NAMES[choice.model]
    about = f"judged on the {horizon_days} days before {day}: {choice.reason}"
    metrics = Metrics(
        about,
        {name: holdout[name] for name in ("purchases", "money", "by_frequency", "coverage") if name in holdout},
        [
            {"predicted": row[chosen], "realised": row["actual"], "count": row["customer_count"]}
            for row in holdout["by_frequency"]
        ],
        figures_of(holdout, chosen) | {"customers": holdout["customers"], "horizon_days": horizon_days},
    )
    return Fitted(MODEL.name, day, choice.model, model.parameters(), metrics, choice.in_force)


def _fits(warehouse: Warehouse, customers: "pd.DataFrame") -> "tuple[list[Fit], SpendFit | None]":
    """BG/NBD, MBG/NBD and the order value. Raises NotEnough."""
    from assets.insights.clv.methods import bgnbd, gamma_gamma, mbgnbd
    from assets.insights.clv.methods.groups import grouped

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
    from assets.insights.clv.methods import cohort_curve, regression
    from assets.insights.clv.methods.study import judge

    earlier, end = cut_off - timedelta(days=horizon_days), cut_off + timedelta(days=horizon_days)
    labelled = labelled_customers(warehouse, [earlier, cut_off], horizon_days, end)
    is_now = labelled["as_of"].astype(str) == str(cut_off)
    with warehouse.given(purchases(warehouse, [cut_off])):
        customers = warehouse.connection.execute("SELECT * FROM summary ORDER BY person_id").df()
        by_step = warehouse.connection.execute(SQL("cohort_curve")).df()
    fits, spend = _fits(warehouse, customers)
    now = labelled[is_now].set_index("person_id").loc[customers["person_id"]]
    later = {name: now[name].to_numpy() for name in ("later_purchases", "later_spend")}
    customers = customers.assign(**later)
    purchases_, money = (
        {"cohort curve": curve} if curve is not None else {}
        for curve in (
            cohort_curve.expected(by_step, name, customers["T"], horizon_days) for name in ("purchases", "spend")
        )
    )
    target, challengers = ("later_spend", money) if spend else ("later_purchases", purchases_)
    challengers.update(regression.forecasts(labelled[~is_now], now, target))
    return judge(customers, fits, spend, horizon_days, purchases_, money)


def scored(warehouse: Warehouse, week: date, fitted: Fitted) -> "pd.DataFrame":
    """What insights.clv says of one published Monday by one fit, ordered by person."""
    from assets.insights.clv.methods import value
    from assets.insights.clv.methods.margins import margin_share
    from assets.insights.clv.methods.wording import alive_method, order_value_method, purchase_method

    model = Model.from_parameters(fitted.parameters)
    customers = scored_customers(warehouse, week)
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
    methods = {
        "alive": alive_method(model.alive),
        "purchase": purchase_method(model.purchases),
        "order_value": order_value_method(model.spend),
    }
    for name, words in methods.items():
        scores[f"{name}_method_zh"], scores[f"{name}_method_en"] = words
    return scores


MODEL = RoomModel("clv", history_days=91, fit=fit, code=code_of(__file__), is_memoryless=True)
