"""The settings of a shop's lists: chosen and judged on the first Mondays of quarters, on windows of its past.

They change slowly, and what customers did reaches the lists every week whatever the settings.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from assets.insights.recommendations.queries import bounds_of
from assets.insights.recommendations.reads import HORIZONS_DAYS, fixed_weighting, known, shown, window
from assets.weekly import code_of
from resources.errors import NotEnough
from resources.fitted import Fitted, Metrics
from resources.registry import RoomModel, keep_newest, replay
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from assets.insights.recommendations.methods.blended_model import Settings
    from assets.insights.recommendations.methods.lists import Learned

LEAST_PAST_DAYS = 30
VALUED_WEEKS = 4
# In models.registry: what the lists of the newest week are made with.
LISTS = "recommendation_lists"
MADE_WITH = "learned from all that was known before the newest week"


def fit(warehouse: Warehouse, day: date, before: Fitted | None) -> Fitted:
    """The settings as of a day: chosen on the window before the last, judged on the last. The windows are the shortest of the set ones
    in which enough customers bought. Raises NotEnough where even the longest have too few, or the history does not reach back so far."""
    from assets.insights.recommendations.methods import off_policy, study
    from assets.insights.recommendations.methods.blended_model import Settings

    shop = warehouse.shop
    needs = f"{study.LEAST_JUDGED} customers who bought again in each of the last two windows of up to {max(HORIZONS_DAYS)} days"
    for horizon_days in HORIZONS_DAYS:
        test, validation = (day - timedelta(days=n * horizon_days) for n in (1, 2))
        if validation < shop.start + timedelta(days=LEAST_PAST_DAYS):
            raise NotEnough(needs, f"{(day - shop.start).days} days of history")
        windows = [window(warehouse, start, horizon_days) for start in (validation, test)]
        if min(map(study.judged_of, windows)) < study.LEAST_JUDGED:
            continue
        previous = before.parameters if before else None
        found = study.fit(*windows, previous, fixed_weighting(shop), bounds_of(shop))
        parameters = found.parameters | {"horizon_days": horizon_days}
        blends = {
            off_policy.IN_FORCE: Settings.of(previous) if previous else None,
            off_policy.CHALLENGER: found.challenger,
        }
        valued = {"off_policy": _valued(warehouse, day, {name: each for name, each in blends.items() if each})}
        metrics = replace(found.metrics, holdout={**found.metrics.holdout, **valued})
        return Fitted(MODEL.name, day, "blend", parameters, metrics, found.in_force)
    raise NotEnough(needs, "fewer")


def _valued(warehouse: Warehouse, day: date, blends: "Mapping[str, Settings]") -> list[dict[str, Any]]:
    """What blends are worth by the clicks on lists drawn at random, of the newest weeks before a day that had any."""
    from assets.insights.recommendations.methods import off_policy
    from assets.insights.recommendations.methods.random_lists import RANDOM

    lists = shown(warehouse, day)
    lists = lists[(lists["source"] == RANDOM) & (lists["pool_size"] > 0) & lists["listed_on"].notna()]
    mondays = lists["listed_on"].dt.to_period("W-SUN").dt.start_time
    kept = sorted(mondays.unique())[-VALUED_WEEKS:]
    lists = lists.assign(listed_on=mondays)[mondays.isin(kept)]
    found: dict[str, dict[Any, Any]] = {name: {} for name in blends}
    for monday in kept:
        people = lists.loc[lists["listed_on"] == monday, "person_id"].unique()
        for name, settings in blends.items():
            own = _lists_of(warehouse, monday.date(), settings, people)
            found[name] |= {(person, monday): products for person, products in zip(people, own, strict=True)}
    return off_policy.table(lists, found)


def _lists_of(warehouse: Warehouse, week: date, settings: "Settings", people: Any) -> list[list[str]]:
    """What a blend would have listed for some people as of a Monday."""
    from assets.insights.recommendations.methods.blended_model import fit as fitted
    from assets.insights.recommendations.methods.candidates import NOBODY
    from assets.insights.recommendations.methods.history import rows_of

    past = warehouse.once(("past of lists", week), lambda: known(warehouse, week).past)
    own = rows_of(past.interactions(settings.weighting), people)
    bought = past.ever_bought(people, rows_of(past.bought(), people))
    picked = fitted(past, settings, bounds_of(warehouse.shop)).lists(own, bought, warehouse.shop.recommendations.length)
    return [[past.products[product] for product in row if product != NOBODY] for row in picked]


def settings_of(warehouse: Warehouse, week: date) -> "Settings":
    """The settings in force; before the first fit, those that every shop begins with."""
    from assets.insights.recommendations.methods.blended_model import Settings

    fitted = replay(warehouse, MODEL, [week]).in_force(week)
    return Settings.of(fitted.parameters) if fitted else Settings.default(fixed_weighting(warehouse.shop))


MODEL = RoomModel("recommendations", history_days=91, fit=fit, code=code_of(__file__), at_most="quarterly")


def keep(warehouse: Warehouse, week: date, learned: "Learned", gaps: "pd.DataFrame") -> None:
    """Keeps what the newest week's lists are made with, for those who make lists in between."""
    from assets.insights.recommendations.methods import kept
    from resources.learning.weights import write_arrays

    file = write_arrays(warehouse.place.models, kept.arrays(learned, gaps))
    fitted = Fitted(LISTS, week, "blend", kept.parameters(learned) | {"file": file}, Metrics(MADE_WITH), in_force=True)
    keep_newest(warehouse.connection, replace(MODEL, name=LISTS), fitted)
