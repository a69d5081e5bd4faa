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

    from assets.insights.clv.methods.family import Given
    from assets.insights.clv.methods.gamma_gamma import SpendFit
    from assets.insights.clv.methods.maximum_likelihood import Fit

MIN_HORIZON_DAYS, MAX_HORIZON_DAYS = 28, 364
LEVEL = 0.8
NEXT_ORDER = {name: f"{name}_on" for name in ("next_order", "next_order_low", "next_order_high")}


@dataclass(frozen=True)
class Model:
    """`purchases` predicts purchases, `alive` (MBG/NBD, or MBG/CNBD-k where that predicts purchases) the probability of being alive,
    `spend` the order value. `beats_naive`: whether `purchases` did better than every naive row on the hold-out."""

    purchases: "Fit"
    alive: "Fit"
    spend: "SpendFit | None"
    history_days: int
    beats_naive: bool

    def parameters(self) -> dict[str, Any]:
        return {
            "purchases": self.purchases.parameters(),
            "alive": self.alive.parameters(),
            "spend": self.spend.parameters() if self.spend else None,
            "history_days": self.history_days,
            "beats_naive": self.beats_naive,
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
            parameters["beats_naive"],
        )


def fit(warehouse: Warehouse, day: date, before: Fitted | None) -> Fitted:
    """The model as of a Monday, judged. Raises NotEnough where there is too little, also for judging it."""
    from assets.insights.clv.methods.models import name_of
    from assets.insights.clv.methods.study import choose, figures_of

    history_days = (day - warehouse.shop.start).days
    horizon_days = min(max(history_days // 3 // 7 * 7, MIN_HORIZON_DAYS), MAX_HORIZON_DAYS)
    holdout, judged = _judged(warehouse, day - timedelta(days=horizon_days), horizon_days)
    choice = choose(holdout, judged)
    fits, spend = _fits(warehouse, customers_of(warehouse, day))
    by_model = {fitted.model: fitted for fitted in fits}
    # Purchases of the hold-out may keep a pace, and those up to now none.
    purchases = by_model.get(choice.fit.model, by_model["mbgnbd"])
    alive = purchases if purchases.model == "mbgcnbd" else by_model["mbgnbd"]
    chosen = name_of(choice.fit)
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
    model = Model(purchases, alive, spend, history_days, choice.beats_naive)
    return Fitted(MODEL.name, day, purchases.model, model.parameters(), metrics, in_force=True)


def _fits(warehouse: Warehouse, customers: "pd.DataFrame") -> "tuple[list[Fit], SpendFit | None]":
    """The purchase models and the order value. Raises NotEnough."""
    from assets.insights.clv.methods import gamma_gamma
    from assets.insights.clv.methods.groups import grouped
    from assets.insights.clv.methods.models import fit_all

    if customers.empty:
        raise NotEnough("customers who bought", 0)
    groups, _ = grouped(customers)
    fits = fit_all(groups, float(customers["log_gap_sum"].sum()))
    if not warehouse.shop.has_prices:
        return fits, None
    try:
        return fits, gamma_gamma.fit(customers)
    except NotEnough:
        return fits, None


def _judged(warehouse: Warehouse, cut_off: date, horizon_days: int) -> "tuple[dict[str, Any], list[Fit]]":
    """The hold-out's figures, and the purchase models judged: all fitted as of the cut-off, against what came in the days after it."""
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
    return judge(customers, fits, spend, horizon_days, purchases_, money), fits


def scored(warehouse: Warehouse, week: date, fitted: Fitted) -> "pd.DataFrame":
    """What insights.clv says of one published Monday by one fit, ordered by person."""
    import pandas as pd

    from assets.insights.clv.methods import value
    from assets.insights.clv.methods.margins import margin_share
    from assets.insights.clv.methods.wording import alive_method, order_value_method, purchase_method

    model = Model.from_parameters(fitted.parameters)
    customers = scored_customers(warehouse, week)
    given = given_of(customers)
    months = [n for n in value.MONTHS if n * value.DAYS_PER_MONTH <= model.history_days]
    margins = margin_share(customers["paid"], customers["cost"], customers["frequency"] + 1)
    scores = value.score(
        customers,
        model.purchases,
        model.alive,
        model.spend,
        given=given,
        yearly_discount_rate=warehouse.shop.settings.yearly_discount_rate,
        margin=1.0 if margins is None else margins,
        months=months,
        level=LEVEL,
        interval_months=[n for n in months if n == 12],
    )
    for name, column in NEXT_ORDER.items():
        # The first of the days to come is the Monday itself.
        days = pd.to_timedelta(scores.pop(f"{name}_days") - 1, unit="D")
        scores[column] = pd.Timestamp(week) + days
    for name in scores.columns.difference(NEXT_ORDER.values()):
        scores[name] = scores[name].round(4 if name.startswith("clv") or name == "expected_order_value" else 6)
    scores["person_id"] = customers["person_id"]
    if margins is not None:
        scores["margin_share"] = margins.round(6)
    methods = {
        "alive": alive_method(model.alive, given),
        "purchase": purchase_method(model.purchases, given, model.beats_naive),
        "order_value": order_value_method(model.spend, given),
    }
    for name, words in methods.items():
        scores[f"{name}_method_zh"], scores[f"{name}_method_en"] = words
    return scores


def given_of(customers: "pd.DataFrame") -> "Given | None":
    """What insights.predictions says of a week's customers; None where it has no rows of that week."""
    from assets.insights.clv.methods.family import Given

    if customers.empty or customers["p_purchase"].isna().any():
        return None
    p_purchase, spend = (customers[name].to_numpy(float) for name in ("p_purchase", "expected_spend"))
    return Given(int(customers["horizon_days"].iloc[0]), p_purchase, spend)


# Three months, the shortest horizon, are a little more than 91 days.
MODEL = RoomModel("clv", history_days=92, fit=fit, code=code_of(__file__), is_memoryless=True)
