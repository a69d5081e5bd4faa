"""Scores of some persons as of now, by the models in force: what a visit leads to, and whether they buy within the horizon."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from assets.features import queries as features
from assets.insights.predictions.methods.scoring import Loaded, with_reasons, with_reviews
from assets.insights.sessions import queries as sessions
from resources.shop import Shop
from resources.snapshot import Snapshot
from serving.recent.tables import Tables

if TYPE_CHECKING:
    import pandas as pd

    from resources.learning.model import Model

DONE = ("session_count", "view_count", "cart_count", "favorite_count", "search_count", "click_count")


@dataclass(frozen=True, eq=False)
class Models:
    """Those in force; None where the shop has none yet."""

    visits: "Model | None"
    purchase: Loaded | None

    @classmethod
    def of(cls, snapshot: Snapshot) -> "Models":
        from resources.learning.model import load

        visits, purchase = snapshot.model("session_propensity"), snapshot.model("purchase")
        return cls(
            load(visits.parameters, snapshot.models) if visits else None,
            Loaded.of(purchase, snapshot.models) if purchase else None,
        )


def customers(tables: Tables) -> "pd.DataFrame":
    """The columns of features.customers."""
    return tables.frame(f"SELECT * FROM ({features.SQL('customers')}) ORDER BY person_id")


def visits(tables: Tables, models: Models, today: date) -> "pd.DataFrame":
    """The columns of insights.session_propensity, of the sessions of the seven days up to `today`."""
    from assets.insights.sessions.methods import propensity

    since = sessions.first_day(today + timedelta(days=1))
    found = tables.frame(sessions.SQL("sessions"), sessions.parameters(tables.shop, since))
    return propensity.score(models.visits, found) if models.visits and len(found) else found.iloc[:0]


def purchases(tables: Tables, models: Models, people: "pd.DataFrame", shop: Shop) -> "pd.DataFrame":
    """The columns of insights.predictions, of the buyers among `people`."""
    buyers = people[people["frequency"] > 0].reset_index(drop=True)
    if "reviews" in shop.tables:
        then = tables.frame(
            f"WITH reviews_then AS ({features.SQL('reviews_then')}) SELECT * FROM ({features.SQL('opinions')})"
        )
        buyers = with_reviews(buyers, then)
    if models.purchase is None or buyers.empty:
        return buyers.iloc[:0]
    may_be_personal = shop.settings.reasons_may_be_personal
    return with_reasons(models.purchase, buyers, shop.currency, may_be_personal=may_be_personal)


def done_today(tables: Tables, today: date) -> "pd.DataFrame":
    """By person what they did today, and of all that came since the snapshot how much that is and when they were last seen (UTC)."""
    sums = ", ".join(f"coalesce(d.{name}, 0) AS {name}" for name in DONE)
    counts = ", ".join(f"CAST(sum({name}) AS BIGINT) AS {name}" for name in DONE)
    return tables.frame(
        f"""
        WITH days AS (SELECT person_id, {counts} FROM person_days WHERE active_on = $today GROUP BY person_id),
        seen AS (
            SELECT coalesce(m.person_id, e.customer_id) AS person_id, max(e.occurred_at) AS last_seen_at
            FROM events AS e LEFT JOIN merged AS m USING (customer_id) WHERE e.event_type <> 'impression' GROUP BY ALL
        )
        SELECT c.person_id, c.event_count, s.last_seen_at, {sums}
        FROM counted AS c LEFT JOIN days AS d USING (person_id) LEFT JOIN seen AS s USING (person_id) ORDER BY c.person_id
        """,
        {"today": today},
    )
