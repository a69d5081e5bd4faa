"""insights/recommendations: settings chosen and judged on the first Mondays of quarters, lists made anew every week from what was known."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import dagster as dg

from assets.features.reads import as_of
from assets.features.tables import CUSTOMERS, IDENTITIES
from assets.insights.recommendations import reads
from assets.insights.recommendations.model import MODEL, keep, settings_of
from assets.insights.recommendations.queries import SQL, bounds_of, groups_of, rules_of
from assets.insights.recommendations.tables import FEEDBACK, PROFILES, RECOMMENDATIONS, SIMILAR, TOGETHER
from assets.insights.segments.tables import SEGMENTS
from assets.weekly import kept_weeks, newest_week, weekly_rows
from data_checks import recommendations as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Rows, Work, figures_of
from resources.calendar import Calendar
from resources.contract import CONTRACT
from resources.fitted import Fitted
from resources.registry import replay
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from assets.insights.recommendations.methods.lists import Week

MOST_LINES, LEAST_ORDERS = 50, 3


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    gated, shop = partial(gated_asset, calendar=calendar), calendar.shop
    facts = [CONTRACT[name].clean for name in ("orders", "events") if name in shop.tables]
    changes = [CONTRACT[name].clean for name in ("products", "customers", "links") if name in shop.tables]
    rests = [CUSTOMERS, SEGMENTS, *facts, *changes, *([IDENTITIES] if "links" in shop.tables else [])]
    suite = checks.recommendations(shop)
    of_products = [CUSTOMERS, *facts, *changes]
    assets = [
        gated(RECOMMENDATIONS, recommendation_rows, reads=rests, suite=suite, kinds={"implicit"}),
        gated(PROFILES, profile_rows, reads=rests, suite=checks.profiles(), kinds={"sql"}),
        gated(SIMILAR, similar_rows, reads=of_products, suite=checks.similar_products(), kinds={"implicit"}),
        gated(TOGETHER, together_rows, reads=[CUSTOMERS, *facts], suite=checks.bought_together(), kinds={"sql"}),
    ]
    if "events" in shop.tables:
        assets.append(gated(FEEDBACK, feedback_rows, reads=[CUSTOMERS, *facts], suite=checks.feedback(), kinds={"sql"}))
    return assets


def recommendation_rows(work: Work) -> Rows:
    """Both lists of every customer of the kept weeks; none before there is history enough for a first fit, nor by a fit whose list
    lost to popularity."""
    from assets.insights.recommendations.methods import lists, rebuy
    from assets.insights.recommendations.methods.blended_model import Settings

    warehouse, shop = work.warehouse, work.warehouse.shop
    weeks = kept_weeks(work)
    rules, wanted = rules_of(shop), shop.recommendations
    spreads: dict[date, tuple[float, float | None]] = {}

    def score(week: date, fitted: Fitted) -> "pd.DataFrame":
        import pandas as pd

        parameters, made_from, made = fitted.parameters, week_of(warehouse, week), []
        by = lists.Making(
            Settings.of(parameters),
            parameters["arms"],
            rules,
            wanted.holdout_share,
            bounds_of(shop),
            wanted.random_share,
        )
        learned = lists.Learned.of(made_from, by)
        if parameters["lists"]["discover"]:
            people = len(made_from.people)
            drawn = learned.draw(people, rules.length, (week.toordinal(), people))
            found = lists.discover(made_from, by, learned, drawn)
            if len(found.rows):  # the shop's rules may hide every product
                spreads[week] = lists.spread(found.rows, found.open_products)
            made.append(found.rows)
        if parameters["lists"]["rebuy"]:
            again = rebuy.Rebuy.of(parameters["rebuy"])
            made.append(lists.again(made_from, again, rules, wanted.rebuy_length, learned.buyers))
        if week == newest_week(work):
            keep(warehouse, week, learned, made_from.gaps)
        return pd.concat(made, ignore_index=True)

    rows = weekly_rows(work, RECOMMENDATIONS, MODEL, score, "lists", weeks)
    notes = dict(rows.metadata)
    if len(weeks) < len(work.keys):
        notes["weeks_not_kept"] = (
            f"{len(work.keys) - len(weeks)} weeks are older than the {wanted.weeks} whose lists are kept"
        )
    return replace(rows, metadata=notes, figures=figures_of("as_of", ["coverage", "overlap"], spreads))


def week_of(warehouse: Warehouse, week: date) -> "Week":
    """What the lists of a published week are made from."""
    from assets.insights.recommendations.methods.lists import Week

    known, customers = reads.known(warehouse, week), reads.people(warehouse, week)
    groups, shown = groups_of(customers), reads.shown(warehouse, week)
    return Week(week, known.past, known.catalogue, known.gaps, customers, groups, shown)


def profile_rows(work: Work) -> Rows:
    """What each customer of the kept weeks likes."""

    def profiles(week: date) -> "pd.DataFrame":
        known = reads.known(work.warehouse, week)
        interests = known.past.interactions(settings_of(work.warehouse, week).weighting).frame()
        inputs = reads.persons(week) | {"interests": interests, "catalogue": known.catalogue}
        return work.warehouse.select(SQL("profiles"), inputs, {"week": week})

    return _of_kept_weeks(work, profiles)


def similar_rows(work: Work) -> Rows:
    """Which products go with which, of the kept weeks."""
    from assets.insights.recommendations.methods.similar import similar

    warehouse = work.warehouse
    return _of_kept_weeks(
        work,
        lambda week: similar(
            reads.known(warehouse, week).past, settings_of(warehouse, week), bounds_of(warehouse.shop)
        ),
    )


def together_rows(work: Work) -> Rows:
    """Pairs bought together, of the kept weeks."""
    warehouse = work.warehouse

    def pairs(week: date) -> "pd.DataFrame":
        parameters = {"week": week, "most": MOST_LINES, "least": LEAST_ORDERS}
        return warehouse.select(SQL("together"), as_of(warehouse, [week], is_published=True), parameters)

    return _of_kept_weeks(work, pairs)


def feedback_rows(work: Work) -> Rows:
    """What impressions and clicks say of the sources, of the kept weeks."""
    from assets.insights.recommendations.methods import feedback

    def table(week: date) -> "pd.DataFrame":
        fitted = replay(work.warehouse, MODEL, [week]).in_force(week)
        return feedback.table(reads.shown(work.warehouse, week), fitted.parameters["arms"] if fitted else {})

    return _of_kept_weeks(work, table)


def _of_kept_weeks(work: Work, make: "Callable[[date], pd.DataFrame]") -> Rows:
    import pandas as pd

    frames = [make(week).assign(as_of=week) for week in kept_weeks(work)]
    there = [frame for frame in frames if len(frame)]
    return Rows(pd.concat(there, ignore_index=True) if there else "")
