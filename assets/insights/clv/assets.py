"""insights/clv and insights/cohorts: what customers are expected to be worth, and how cohorts came back."""

from functools import partial

import dagster as dg

from assets.features.tables import CUSTOMER_DAYS, CUSTOMERS, IDENTITIES
from assets.insights.clv.model import MODEL, scored
from assets.insights.clv.reads import SQL, purchases
from assets.insights.clv.tables import CLV, COHORTS
from assets.insights.predictions.tables import PREDICTIONS
from assets.weekly import weekly_rows
from data_checks import clv as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Rows, Work
from resources.calendar import Calendar
from resources.contract import CONTRACT


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    shop = calendar.shop
    gated = partial(gated_asset, calendar=calendar)
    customers = [CUSTOMERS, CUSTOMER_DAYS, *([IDENTITIES] if "links" in shop.tables else [])]
    products = [CONTRACT["products"].clean] if "products" in shop.tables and shop.has_prices else []
    return [
        gated(
            CLV, clv_rows, reads=[*customers, *products, PREDICTIONS], suite=checks.clv(shop), kinds={"python", "sql"}
        ),
        gated(COHORTS, cohort_rows, reads=customers, suite=checks.cohorts(shop), kinds={"sql"}),
    ]


def clv_rows(work: Work) -> Rows:
    """What every buyer is expected to be worth as of each Monday; none before there is history enough for a first fit."""
    return weekly_rows(work, CLV, MODEL, partial(scored, work.warehouse), "values")


def cohort_rows(work: Work) -> Rows:
    """Retention and revenue by month of the first purchase."""
    return Rows(SQL("cohorts"), inputs=purchases(work.warehouse, work.keys, is_published=True))
