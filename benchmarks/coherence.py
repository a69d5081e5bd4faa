"""Whether a shop's figures of a person agree, and what that costs or gains: `python -m benchmarks.coherence --store demo [--store …]`.

For each shop that was run (`zhike run --store …`, in the same ZHIKE_HOME):

- contradictions of the newest week: of the figures as they stand in insights.clv and insights.predictions, and of the purchase model's
  by itself, beside the same predictions;
- errors as of past first Mondays, against what came: of the purchase model by itself and of the family that it forms with
  insights.predictions, with the difference and its standard error (paired bootstrap of persons, all of a person's weeks together).

Exit code 1: published figures contradict each other.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resources.errors import NotEnough, ZhikeError
from resources.evidence import markdown
from resources.home import default_home, export_demo
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from assets.insights.clv.methods.family import Given
    from assets.insights.clv.model import Model

HORIZONS = {3: 91, 6: 183, 12: 365}
RESAMPLES = 200
CONTRADICTIONS = {
    "p_purchase above p_alive": "p.p_purchase > p_alive + 0.000001",
    "p_purchase above the purchases of a longer horizon": " OR ".join(
        f"(p.horizon_days <= {days} AND p.p_purchase > expected_purchases_{months}m + 0.000001)"
        for months, days in HORIZONS.items()
    ),
    "p_purchase above the probability of a longer horizon": " OR ".join(
        f"(p.horizon_days <= {days} AND p.p_purchase > p_purchase_{months}m + 0.000001)"
        for months, days in HORIZONS.items()
    ),
    "margin of the horizon above the value of a longer one": " OR ".join(
        f"(p.horizon_days <= {days} AND p.expected_spend * coalesce(margin_share, 1) * $monthly ** {months} > clv_{months}m * 1.001 + 0.01)"
        for months, days in HORIZONS.items()
    ),
    "value outside its interval": "NOT clv_12m BETWEEN clv_low_12m AND clv_high_12m",
}


def contradictions(warehouse: Warehouse) -> list[dict[str, Any]]:
    """How many buyers of the newest week have figures that contradict each other: as published, and by itself."""
    from assets.insights.clv.model import MODEL
    from resources.registry import fit_of

    newest = warehouse.connection.execute(
        "SELECT as_of, max(fitted_as_of), count(*) FROM insights.clv_latest GROUP BY as_of"
    ).fetchall()
    if not newest:
        return []
    week, day, buyers = newest[0]
    fitted = fit_of(warehouse.connection, MODEL.name, day)
    assert fitted is not None
    monthly = {"monthly": (1 + warehouse.shop.settings.yearly_discount_rate) ** (-1 / 12)}
    alone, rows = by_itself(warehouse, week, fitted.parameters), []
    for what, where in CONTRADICTIONS.items():
        row: dict[str, Any] = {"contradiction": what, "buyers": buyers}
        for name, table in (("by itself", "alone"), ("published", "insights.clv_latest")):
            query = (
                f"SELECT count(*) FILTER (WHERE {where}) AS found FROM {table} JOIN predictions AS p USING (person_id)"
            )
            inputs = {"alone": alone, "predictions": f"SELECT * FROM insights.predictions WHERE as_of = DATE '{week}'"}
            row[name] = int(warehouse.select(query, inputs, monthly if "$monthly" in where else None)["found"].iloc[0])
        rows.append(row)
    return rows


def by_itself(warehouse: Warehouse, week: date, parameters: Mapping[str, Any]) -> "pd.DataFrame":
    """What the purchase model of a week says without insights.predictions."""
    from assets.insights.clv.methods import value
    from assets.insights.clv.methods.margins import margin_share
    from assets.insights.clv.model import Model
    from assets.insights.clv.reads import scored_customers

    model, customers = Model.from_parameters(parameters), scored_customers(warehouse, week)
    margins = margin_share(customers["paid"], customers["cost"], customers["frequency"] + 1)
    rate = warehouse.shop.settings.yearly_discount_rate
    scores = value.score(
        customers,
        model.purchases,
        model.alive,
        model.spend,
        yearly_discount_rate=rate,
        margin=1.0 if margins is None else margins,
    )
    return scores.assign(person_id=customers["person_id"], margin_share=margins)


def judged(warehouse: Warehouse) -> list[dict[str, Any]]:
    """A row a horizon and figure: its mean error by itself and in the family, over all past first Mondays whose window is over."""
    from resources.registry import first_mondays

    (last,) = warehouse.connection.execute("SELECT max(as_of) FROM features.customers").fetchall()[0]
    parts: dict[str, list[pd.DataFrame]] = {}
    for week in first_mondays(warehouse.shop.start, last):
        given, model = given_of(warehouse, week), model_of(warehouse, week)
        if given is None or model is None:
            continue
        windows = {"of the predictions": given.horizon_days}
        windows |= {f"{months} months": days for months, days in HORIZONS.items()}
        for name, days in windows.items():
            if week + timedelta(days=days) <= last:
                parts.setdefault(name, []).append(_forecasts(warehouse, week, given, model, days))
    return [row for name, frames in parts.items() for row in _compared(name, frames)]


def model_of(warehouse: Warehouse, week: date) -> "Model | None":
    """The purchase model that a week uses, fitted here so that the shop's registry stays as it is."""
    from assets.insights.clv.model import MODEL, Model, fit

    days = MODEL.fit_days(warehouse.shop, week)

    def made(day: date) -> Model | None:
        try:
            return Model.from_parameters(fit(warehouse, day, None).parameters)
        except NotEnough:
            return None

    return warehouse.once(("benchmark", days[-1]), lambda: made(days[-1])) if days else None


def given_of(warehouse: Warehouse, week: date) -> "Given | None":
    """What the predictions of the fit in force say of the buyers as of a Monday; None before the first fit."""
    from assets.features.reads import customers_as_of
    from assets.insights.clv.methods.family import Given
    from assets.insights.predictions.assets import scores
    from assets.insights.predictions.model import MODEL
    from assets.insights.predictions.model import loaded as loaded_fit
    from assets.insights.predictions.reads import with_opinions
    from resources.registry import replay

    fitted = replay(warehouse, MODEL, [week]).in_force(week)
    if fitted is None:
        return None
    loaded, buyers = loaded_fit(fitted, warehouse), customers_as_of(warehouse, week)
    buyers = buyers[buyers["frequency"] > 0].reset_index(drop=True)
    said = scores(loaded, with_opinions(warehouse, buyers, [week]))
    return Given(loaded.horizon_days, *(said[name].to_numpy(float) for name in ("p_purchase", "expected_spend")))


def _forecasts(warehouse: Warehouse, week: date, given: "Given", model: "Model", days: int) -> "pd.DataFrame":
    """A row a buyer: what was expected of the days from a week on, by itself (`_alone`) and in the family (`_family`), and what came."""
    from assets.features.labels import labelled_customers
    from assets.insights.clv.methods import value
    from assets.insights.clv.reads import customers_of

    customers, later = customers_of(warehouse, week), labelled_customers(warehouse, [week], days)
    frame = customers[["person_id", "frequency"]].assign(
        bought=later["later_purchases"].to_numpy(float), spent=later["later_spend"].to_numpy(float)
    )
    horizon = days / model.purchases.days_per_unit
    for name, said in (("alone", None), ("family", given)):
        curves = value.Curves(customers, model.purchases, said)
        p, purchases = curves.p_purchase(horizon), curves.purchases(horizon)
        frame[f"p_{name}"], frame[f"purchases_{name}"] = p, purchases
        if model.spend:
            order_value = curves.order_value(customers, model.spend)
            shape = value.money_shape(curves.after, model.spend, curves.groups["frequency"].to_numpy(float), horizon)
            low, high = value.money_interval(p, purchases, shape[curves.numbers], 0.8)
            frame[f"money_{name}"] = purchases * order_value
            frame[f"low_{name}"], frame[f"high_{name}"] = low * order_value, high * order_value
            frame[f"promised_{name}"] = value.promised(p, purchases, shape[curves.numbers], 0.8)
    return frame


def _compared(horizon: str, frames: "list[pd.DataFrame]") -> Iterator[dict[str, Any]]:
    """Of each figure: by itself, in the family, the difference, its standard error, and what that says."""
    import numpy as np
    import pandas as pd

    rows = pd.concat([frame.assign(week=number) for number, frame in enumerate(frames)], ignore_index=True)
    persons, names = pd.factorize(rows["person_id"])
    random = np.random.default_rng(0)
    alone, family = (_figures(rows, name, np.ones(len(rows))) for name in ("alone", "family"))
    differences = []
    for _ in range(RESAMPLES):
        drawn = np.bincount(random.integers(0, len(names), len(names)), minlength=len(names))
        weights = drawn[persons].astype(float)
        resampled = [_figures(rows, name, weights) for name in ("alone", "family")]
        differences.append([resampled[1][figure] - resampled[0][figure] for figure in alone])
    errors = np.std(differences, axis=0)
    for figure, error in zip(alone, errors, strict=True):
        difference = family[figure] - alone[figure]
        loss = -difference if figure.startswith("AUC") else difference
        yield {
            "horizon": horizon,
            "weeks": len(frames),
            "figure": figure,
            "by itself": round(alone[figure], 4),
            "family": round(family[figure], 4),
            "difference": round(difference, 4),
            "standard error": round(float(error), 4),
            "which is": "worse" if loss > error else "better" if loss < -error else "alike",
        }


def _figures(rows: "pd.DataFrame", name: str, weights: "np.ndarray") -> dict[str, float]:
    import numpy as np
    from sklearn.metrics import roc_auc_score

    def mean(values: Any) -> float:
        return float(np.average(values, weights=weights))

    def off(expected: Any, actual: Any) -> float:
        """By how much the total misses, as the mean over weeks, since each week's is planned with."""
        week = rows["week"].to_numpy()
        totals = [np.bincount(week, weights=weights * values) for values in (expected, actual)]
        return float(np.mean(np.abs(totals[0] / totals[1] - 1)))

    bought, spent = rows["bought"].to_numpy(), rows["spent"].to_numpy()
    p, purchases = rows[f"p_{name}"].to_numpy(), rows[f"purchases_{name}"].to_numpy()
    buys = (bought > 0).astype(float)
    frequency = np.minimum(rows["frequency"].to_numpy(int), 7)
    by_frequency = [np.bincount(frequency, weights=weights * values) for values in (purchases, bought)]
    found = {
        "AUC of P": float(roc_auc_score(buys, p, sample_weight=weights)),
        "Brier score of P": mean((p - buys) ** 2),
        "P: total off by": off(p, buys),
        "purchases: total off by": off(purchases, bought),
        "purchases: mean absolute error": mean(np.abs(purchases - bought)),
        "purchases: root mean squared error": mean((purchases - bought) ** 2) ** 0.5,
        "purchases: by frequency off by": float(
            np.abs(by_frequency[0] - by_frequency[1]).sum() / by_frequency[1].sum()
        ),
    }
    if f"money_{name}" not in rows:
        return found
    money, low, high = (rows[f"{column}_{name}"].to_numpy() for column in ("money", "low", "high"))
    covered = ((spent >= low) & (spent <= high)).astype(float)
    return found | {
        "money: total off by": off(money, spent),
        "money: mean absolute error": mean(np.abs(money - spent)),
        "money: root mean squared error": mean((money - spent) ** 2) ** 0.5,
        "money: interval misses its promise by": abs(mean(covered) - mean(rows[f"promised_{name}"])),
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.coherence", description="Whether the figures of a person agree, and are right"
    )
    parser.add_argument("--store", action="append", required=True, help="a shop that was run; repeatable")
    parser.add_argument("--home", type=Path, default=default_home())
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    export_demo(options.home)
    figures: dict[str, Any] = {}
    try:
        for store in options.store:
            with Warehouse(store=store, home=str(options.home)).opened() as warehouse:
                found = {"contradictions": contradictions(warehouse), "errors": judged(warehouse)}
            print(f"## {store}\n", *(f"{name}:\n\n{markdown(rows)}\n" for name, rows in found.items()), sep="\n")
            figures[store] = found
    except ZhikeError as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(figures))
    is_right = not any(row["published"] for found in figures.values() for row in found["contradictions"])
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
