"""Any shop that the contract allows runs: every room gives rows or its stated reason, none an exception."""

import os
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipelines.definitions import build_assets
from resources.calendar import Calendar
from tests.any_shop import END, HISTORY_ON, NEWEST, made_shop
from tests.insights.demo_bench import notes_of
from tests.shop_builder import Bench, complaint

NOTHING_OPTIONAL = (
    "events", "reviews", "messages", "customers", "products", "links",
    "orders.unit_price", "orders.discount", "orders.channel",
)  # fmt: skip
SHAPES: dict[str, dict[str, Any]] = {
    "everything": {},
    "only orders, nothing optional": {"without": NOTHING_OPTIONAL},
    "events and orders, no prices": {
        "without": ("reviews", "messages", "customers", "products", "links", "orders.unit_price")
    },
}
# Each is a run of the whole graph: `make matrix` runs these too.
MORE: dict[str, dict[str, Any]] = {
    **{f"no {name}": {"without": (name,)} for name in ("events", "reviews", "messages", "customers", "products", "links")},
    **{
        f"no {column}": {"without": (column,)}
        for column in (
            "orders.unit_price", "orders.discount", "orders.channel", "orders.customer_id", "products.category", "products.title",
            "products.price", "products.cost", "products.brand", "products.in_stock", "reviews.rating", "reviews.text",
            "reviews.customer_id", "reviews.product_id", "customers.gender", "customers.birth_year", "customers.region",
            "customers.registered_at", "customers.marketing_consent", "events.product_id",
        )
    },
    "all ids are numbers": {"ids": "numbers"},
    "ids of 64 characters": {"ids": "long"},
    "one product": {"products": 1},
    "one customer": {"buyers": 1},
    "one day": {"days": 1},
    "a gap of three months": {"gap": (date(2025, 7, 1), date(2025, 9, 30))},
    "New York over a change of the clock": {"time_zone": "America/New_York"},
}  # fmt: skip
if os.environ.get("ZHIKE_MATRIX"):
    SHAPES |= MORE


@pytest.mark.parametrize("shape", SHAPES)
def test_every_room_gives_rows_or_says_why_not(shape: str, tmp_path: Path) -> None:
    bench = made_shop(tmp_path, **SHAPES[shape])
    calendar = Calendar.of(bench.shop)
    assets = build_assets(calendar)
    weekly = [asset for asset in assets if asset.partitions_def == calendar.weekly]
    daily = [asset for asset in assets if asset not in weekly and asset.key.path[0] != "outreach"]
    assert run(bench, daily, HISTORY_ON, END) is not None
    done = run(bench, weekly, NEWEST, NEWEST)
    notes = notes_of(done)
    for asset in weekly:
        name = asset.key.to_user_string()
        rows = bench.query(f"SELECT count(*) FROM {name.replace('/', '.')}")[0][0]
        said = str(notes[name].get("not_enough_history"))
        is_told = "not enough history" in said or "so none is published" in said
        assert rows or name in MAY_BE_EMPTY or is_told, (name, notes[name])


# What may have nothing to say without a note of its own: it rests on a table that says why it is empty.
MAY_BE_EMPTY = {
    "insights/prediction_backtests", "insights/prediction_drift", "insights/forecast_backtests", "insights/segment_profiles",
    "insights/segment_moves", "insights/rfm_moves", "insights/recommendation_feedback", "insights/similar_products", "insights/bought_together",
    "insights/customer_opinions", "insights/product_satisfaction", "insights/aspect_trends", "features/identities", "insights/profiles",
    "insights/cohorts", "features/customers", "insights/forecast_agreement", "insights/customer_360",
    "insights/contact_reasons", "insights/service_quality", "insights/contacts", "insights/unanswered_questions", "insights/answer_use",
    # Nobody visits the made shop in the week that is scored.
    "insights/session_propensity", "insights/funnels",
}  # fmt: skip


def run(bench: Bench, assets: list[dg.AssetsDefinition], first: date, last: date) -> dg.ExecuteInProcessResult:
    result = bench.run(*[asset.key.to_user_string() for asset in assets], first=first, last=last, assets=assets)
    assert result.success, complaint(result)
    return result
