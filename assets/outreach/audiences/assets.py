"""outreach/audiences: the shop's lists of customers, week by week. It sends nothing."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

import dagster as dg

from assets.features.reads import consents_as_of
from assets.features.tables import CUSTOMERS
from assets.insights.customer_360.tables import card_of, parts_for
from assets.insights.uplift.reads import carried_out
from assets.outreach.audiences.chosen import chosen
from assets.outreach.audiences.tables import AUDIENCES
from assets.outreach.winback.tables import WINBACK
from assets.weekly import kept_weeks, week_before
from data_checks import audiences as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Rows, Work
from resources.audiences import REACHES, WHERE, require_condition
from resources.calendar import Calendar
from resources.code import sql_files
from resources.contract import CONTRACT
from resources.errors import ZhikeError
from resources.evidence import Evidence
from resources.shop import Shop
from resources.tables import Table

if TYPE_CHECKING:
    import pandas as pd

SQL = sql_files(__file__)


def build(calendar: Calendar, there: Sequence[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """Absent where the shop declares no list. Raises ZhikeError for a list whose condition does not hold, or that asks for what the cards of a
    shop with the tables `there` lack."""
    shop = calendar.shop
    if not shop.audiences:
        return []
    card = card_of(parts_for(shop, there))
    _require(shop, card)
    told = [CONTRACT[name].clean for name in ("customers", "consents", "outcomes") if name in shop.tables]
    plan = [WINBACK] if shop.actions and WINBACK.asset_key in there else []
    return [
        gated_asset(
            AUDIENCES,
            partial(member_rows, card),
            calendar=calendar,
            reads=[card, CUSTOMERS, *plan, *told],
            suite=checks.audiences(shop),
            kinds={"sql"},
        )
    ]


def _require(shop: Shop, card: Table) -> None:
    columns = tuple((column.name, column.type) for column in card.columns)
    for name, audience in shop.audiences.items():
        lacking = [column for column in audience.needs if column not in card.column_names]
        if lacking:
            raise ZhikeError(
                f"audience {name} needs {', '.join(lacking)}, which the cards of this shop lack",
                WHERE,
                "leave out what asks for it",
            )
        if audience.where is not None:
            require_condition(name, audience.where, columns)


def member_rows(card: Table, work: Work) -> Rows:
    """The members of the weeks asked for of which there are cards, in their order: since when somebody is on a list rests on the week before."""
    warehouse, connection = work.warehouse, work.connection
    connection.execute(AUDIENCES.create_sql("listed", temporary=True).replace("CREATE", "CREATE OR REPLACE", 1))
    columns = warehouse.ensure(card)
    selects = [chosen(name, each, sorted(columns)) for name, each in warehouse.shop.audiences.items()]
    weeks = sorted(kept_weeks(work))
    for week in weeks:
        inputs = consents_as_of(warehouse, [week], is_published=True) | {"customer_360": card}
        inputs |= {"audiences": AUDIENCES, "before": (_BEFORE, {"week": week_before(week)})}
        inputs |= _addressed(work, week)
        inputs |= {"chosen": (" UNION ALL ".join(selects), {"week": week})}
        with warehouse.given(inputs):
            connection.execute(f"INSERT INTO listed BY NAME {SQL('members')}", {"week": week})
    return Rows("SELECT * FROM listed", evidence=_evidence(work, weeks[-1]) if weeks else {})


# What is worked out with this chunk is newer than what is stored.
_BEFORE = """
    SELECT audience, person_id, entered_on FROM listed WHERE as_of = $week
    UNION ALL
    SELECT audience, person_id, entered_on FROM audiences WHERE as_of = $week AND NOT EXISTS (FROM listed WHERE as_of = $week)
"""


def _addressed(work: Work, week: date) -> "dict[str, pd.DataFrame]":
    """Who is held out of an action of the shop this season, and whom an action reaches within its days of rest, this week's plan included: a
    frame with person_id each."""
    import pandas as pd

    warehouse, actions = work.warehouse, work.warehouse.shop.actions
    nobody = pd.DataFrame({"person_id": pd.Series([], dtype=str)})
    if actions is None:
        return {"held": nobody, "lately": nobody}
    inputs = consents_as_of(warehouse, [week], is_published=True) | {"winback": WINBACK}
    given = warehouse.select(SQL("planned"), inputs, {"week": week, "offers": list(actions.offers)})
    given["as_of"] = pd.to_datetime(given["as_of"])
    held = given[(given["arm"] == "held_out") & (given["season"] == actions.season_of(week))]
    lately = given[
        (given["arm"] == "treated") & (given["as_of"] > pd.Timestamp(week - timedelta(days=actions.rest_days)))
    ]
    if "outcomes" in warehouse.shop.tables and len(lately):
        done = carried_out(warehouse, week, lately)
        weeks = set(zip(done["action"], pd.to_datetime(done["as_of"]), strict=True))
        # Last week's may be on its way.
        last = pd.Timestamp(week_before(week))
        counts = [
            day >= last or (action, day) in weeks for action, day in zip(lately["action"], lately["as_of"], strict=True)
        ]
        lately = lately[counts]
    return {"held": held[["person_id"]].drop_duplicates(), "lately": lately[["person_id"]].drop_duplicates()}


def _evidence(work: Work, week: date) -> dict[str, Evidence]:
    """How many are on each list of the newest week, and how many of them may be reached, before anything goes out."""
    counts = work.connection.execute(
        "SELECT audience, reach, count(*) FROM listed WHERE as_of = $week GROUP BY ALL ORDER BY ALL", {"week": week}
    ).fetchall()
    lines: dict[str, dict[str, str | int]] = {}
    for audience, reach, count in counts:
        line = lines.setdefault(audience, {"audience": audience, "chosen": 0, **dict.fromkeys(REACHES, 0)})
        line[reach] = count
        line["chosen"] = int(line["chosen"]) + count
    return {checks.ONLY_AGREED: Evidence(figures={"as_of": week.isoformat()}, tables={"reach": list(lines.values())})}
