"""outreach/alerts: what changed for the worse in the week, and what is at stake. It plans rows and sends nothing."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.features.reads import as_of, buyers, consents_as_of, customers_as_of, published_customers
from assets.features.tables import CUSTOMERS
from assets.insights.clv.tables import CLV
from assets.insights.predictions.model import MODEL as PURCHASE
from assets.insights.predictions.tables import PREDICTIONS
from assets.insights.rfm.model import MODEL as CLASSES
from assets.insights.rfm.tables import PROFILES, RFM
from assets.insights.sentiment.assets import trend_rows
from assets.insights.sentiment.methods.aspect_words import aspect_lists
from assets.insights.sentiment.reads import reviews_then
from assets.insights.sentiment.tables import ASPECT_TRENDS, REVIEW_SCORES
from assets.insights.service.contacts.assets import reason_rows
from assets.insights.service.contacts.reads import COMPLAINTS, OTHER, conversations_then
from assets.insights.service.contacts.tables import CONTACT_REASONS
from assets.insights.service.intents.tables import MESSAGE_INTENTS
from assets.outreach.alerts.tables import ALERTS
from assets.weekly import code_of, stored_weeks, week_before
from data_checks import alerts as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Rows, Work
from resources.calendar import Calendar, monday_after
from resources.code import sql_files
from resources.contract import CONTRACT, MESSAGES
from resources.fitted import Fitted
from resources.registry import RoomModel, replay
from resources.tables import Table
from resources.words import Words

if TYPE_CHECKING:
    import pandas as pd

SQL = sql_files(__file__)
# A fall or a rush that was told within these weeks is told no more.
QUIET_WEEKS = 4
LEAST_BLAME = 0.8
ROOMS = ("predictions", "rfm", "sentiment", "service")


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    shop = calendar.shop
    reads = [CUSTOMERS, PREDICTIONS, CLV, RFM, PROFILES, CONTRACT["orders"].clean]
    reads += [CONTRACT[name].clean for name in ("customers", "consents", "products") if name in shop.tables]
    reads += [REVIEW_SCORES, ASPECT_TRENDS] if "reviews" in shop.tables else []
    reads += [MESSAGES.clean, MESSAGE_INTENTS, CONTACT_REASONS] if "messages" in shop.tables else []
    return [
        gated_asset(
            ALERTS,
            alert_rows,
            calendar=calendar,
            reads=reads,
            suite=checks.alerts(shop),
            kinds={"sql"},
            code=[*code_of(__file__), *(f"assets/insights/{room}" for room in ROOMS)],
        )
    ]


def alert_rows(work: Work) -> Rows:
    """The alerts of the weeks asked for."""
    import pandas as pd

    made = [frame for week in work.keys if len(frame := _of_week(work, week))]
    return Rows(pd.concat(made, ignore_index=True) if made else "")


def _of_week(work: Work, week: date) -> "pd.DataFrame":
    from assets.outreach.alerts.methods.rows import alerts

    shop = work.warehouse.shop
    settings = shop.alerts
    inputs = consents_as_of(work.warehouse, [week], is_published=True)
    given = {"week": week, "has_prices": shop.has_prices, "least_worth": settings.least_worth}
    with work.warehouse.given(inputs | {"buyers": CUSTOMERS, "predictions": PREDICTIONS, "clv": CLV}):
        work.connection.execute(f"CREATE OR REPLACE TEMP TABLE people_of_week AS {SQL('people')}", given)
    made = {cause: _FOUND[cause](work, week) for cause in dict.fromkeys(settings.causes)}
    found = {cause: rows for cause, rows in made.items() if rows is not None}
    aspects = {name: Words(each.zh, each.en) for name, each in aspect_lists(shop.settings.aspects).items()}
    return alerts(week, found, settings.most_a_week, settings.valid_days, aspects, shop.currency)


def _entered_risk(work: Work, week: date) -> "pd.DataFrame | None":
    from assets.insights.predictions.methods.scoring import scores
    from assets.insights.predictions.model import loaded
    from assets.insights.predictions.reads import with_opinions

    def score(fitted: Fitted, customers: "pd.DataFrame") -> "pd.DataFrame":
        warehouse = work.warehouse
        return scores(loaded(fitted, warehouse), with_opinions(warehouse, buyers(customers), [week_before(week)]))

    before = _before(work, PREDICTIONS, PURCHASE, week, score)
    if before is None:
        return None
    settings = work.warehouse.shop.alerts
    return _asked(work, week, "entered_risk", {"before": before}, least_risk=settings.least_risk)


def _moved_down(work: Work, week: date) -> "pd.DataFrame | None":
    from assets.insights.rfm.model import scored

    before = _before(work, RFM, CLASSES, week, scored)
    if before is None:
        return None
    settings = work.warehouse.shop.alerts
    inputs = {"rfm": RFM, "rfm_profiles": PROFILES, "before": before}
    return _asked(work, week, "moved_down", inputs, week=week, least_risk=settings.least_risk)


def _before(
    work: Work, table: Table, model: RoomModel, week: date, score: "Callable[[Fitted, pd.DataFrame], pd.DataFrame]"
) -> "pd.DataFrame | None":
    """The rows of `table` of the week before, by the fit of this week, so that whoever moved did so, and not the model: those stored where
    it made them, else worked out. None where the week has no fit, or is the shop's first."""
    warehouse, before = work.warehouse, week_before(week)
    fitted = replay(warehouse, model, [week]).in_force(week)
    if fitted is None or before < monday_after(warehouse.shop.start):
        return None
    if stored_weeks(work, table, [before]):
        query = "SELECT * FROM stored WHERE as_of = $before AND model_version = $version"
        rows = warehouse.select(query, {"stored": table}, {"before": before, "version": fitted.version})
        if len(rows):
            return rows
    is_there = stored_weeks(work, CUSTOMERS, [before])
    customers = published_customers(warehouse, before) if is_there else customers_as_of(warehouse, before)
    return score(fitted, customers)


def _complained(work: Work, week: date) -> "pd.DataFrame | None":
    warehouse, tables = work.warehouse, work.warehouse.shop.tables
    connection = work.connection
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE complaining (source VARCHAR, kind VARCHAR, customer_id VARCHAR, aspects VARCHAR[])"
    )
    if "reviews" in tables:
        with warehouse.given(reviews_then(warehouse, [week])):
            connection.execute(f"INSERT INTO complaining {SQL('blamed')}", {"least_blame": LEAST_BLAME})
    if "messages" in tables:
        with warehouse.given(conversations_then(warehouse, [week])):
            connection.execute(f"INSERT INTO complaining {SQL('complaints')}", {"complaints": COMPLAINTS})
    return _asked(work, week, "complained", {})


def _aspect_falling(work: Work, week: date) -> "pd.DataFrame | None":
    if "reviews" not in work.warehouse.shop.tables:
        return None
    query = "SELECT product_id, aspect AS name FROM told WHERE is_drop"
    earlier = _earlier(work, ASPECT_TRENDS, week, trend_rows, query)
    inputs = {"aspect_trends": ASPECT_TRENDS, "sold": _sold(week), "earlier": earlier}
    return _asked(work, week, "aspect_falling", inputs, week=week)


def _unusual_contacts(work: Work, week: date) -> "pd.DataFrame | None":
    if "messages" not in work.warehouse.shop.tables:
        return None
    query = "SELECT product_id, intent AS name FROM told WHERE is_unusual AND conversation_count > usual_count"
    earlier = _earlier(work, CONTACT_REASONS, week, reason_rows, query)
    inputs = {"contact_reasons": CONTACT_REASONS, "sold": _sold(week), "earlier": earlier}
    return _asked(work, week, "unusual_contacts", inputs, week=week, other=OTHER)


def _sold(week: date) -> tuple[str, dict[str, Any]]:
    return SQL("sold"), {"week": week}


def _earlier(work: Work, table: Table, week: date, rows: Callable[[Work], Rows], query: str) -> "pd.DataFrame":
    """product_id, name: what the quiet weeks before told already, by a select of their rows `told`: stored ones, or worked out."""
    import pandas as pd

    warehouse = work.warehouse
    first = monday_after(warehouse.shop.start)
    weeks = [day for number in range(1, QUIET_WEEKS + 1) if (day := week - timedelta(days=7 * number)) >= first]
    stored = stored_weeks(work, table, weeks)
    told = {"told": (f"SELECT * FROM {table.qualified} WHERE list_contains($weeks, as_of)", {"weeks": stored})}
    found = [warehouse.select(query, told)]
    absent = [day for day in weeks if day not in stored]
    if absent:
        made = warehouse.once((table.qualified, "told before", *absent), lambda: _worked_out(work, absent, rows, query))
        found.append(made)
    return pd.concat(found, ignore_index=True).drop_duplicates().astype({"product_id": "object"})


def _worked_out(work: Work, weeks: Sequence[date], rows: Callable[[Work], Rows], query: str) -> "pd.DataFrame":
    made = rows(Work(work.warehouse, tuple(weeks)))
    return work.warehouse.select(f"WITH told AS ({made.relation}) {query}", made.inputs, made.parameters)


def _asked(work: Work, week: date, cause: str, inputs: dict[str, Any], /, **parameters: Any) -> "pd.DataFrame":
    """What the file of a cause finds, of `valued` buyers, what is known of the week, and `inputs`."""
    known = as_of(work.warehouse, [week], is_published=True) | {"valued": "SELECT * FROM people_of_week"}
    parameters["most"] = work.warehouse.shop.alerts.most_a_week
    return work.warehouse.select(SQL(cause), known | inputs, parameters)


_FOUND: "dict[str, Callable[[Work, date], pd.DataFrame | None]]" = {
    "complained": _complained,
    "entered_risk": _entered_risk,
    "moved_down": _moved_down,
    "aspect_falling": _aspect_falling,
    "unusual_contacts": _unusual_contacts,
}
