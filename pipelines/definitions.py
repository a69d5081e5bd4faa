"""The code location: the asset graph of one shop, its jobs, schedules and sensor.

Which shop is said by ZHIKE_STORE and ZHIKE_HOME. Nothing is read but the shop's own description. The web UI lists the weeks that retention
keeps; the command line runs any week of the shop.
"""

import os
import warnings
from datetime import date
from pathlib import Path

import dagster as dg

from assets.clean.assets import build as clean
from assets.features.assets import build as features
from assets.insights.clv.assets import build as clv
from assets.insights.customer_360.assets import build as customer_360
from assets.insights.forecast.assets import build as forecast
from assets.insights.funnels.assets import build as funnels
from assets.insights.predictions.assets import build as predictions
from assets.insights.recommendations.assets import build as recommendations
from assets.insights.rfm.assets import build as rfm
from assets.insights.segments.assets import build as segments
from assets.insights.sentiment.assets import build as sentiment
from assets.insights.service.contacts.assets import build as contacts
from assets.insights.service.intents.assets import build as intents
from assets.insights.sessions.assets import build as sessions
from assets.insights.uplift.assets import build as uplift
from assets.outreach.alerts.assets import build as alerts
from assets.outreach.audiences.assets import build as audiences
from assets.outreach.delivery.assets import build as delivery
from assets.outreach.report.assets import build as report
from assets.outreach.snapshot.assets import build as snapshot
from assets.outreach.snapshot.parts import is_published
from assets.outreach.winback.assets import build as winback
from assets.raw.assets import build as raw
from pipelines.deliveries import build_deliveries
from pipelines.erasing.waiting import build_erasures
from pipelines.jobs import build_jobs
from pipelines.labels import labelled
from pipelines.schedules import build_schedules
from pipelines.sensors import build_sensor
from pipelines.upkeep import build_upkeep
from resources.calendar import Calendar, oldest_kept, today_in
from resources.home import default_home, export_demo
from resources.shop import Shop, load_shop
from resources.warehouse import Warehouse

DEFAULT_STORE = "demo"
WEEKS_FROM = "ZHIKE_WEEKS_FROM"


def build_assets(calendar: Calendar) -> list[dg.AssetsDefinition]:
    """Every asset of the shop; those whose inputs it does not hand over are not there."""
    rooms = [
        segments,
        rfm,
        clv,
        sessions,
        funnels,
        predictions,
        forecast,
        recommendations,
        sentiment,
        intents,
        contacts,
        winback,
        uplift,
        alerts,
    ]
    tables = [asset for build in (raw, clean, features, *rooms) for asset in build(calendar)]
    tables += customer_360(calendar, [asset.key for asset in tables])
    tables += audiences(calendar, [asset.key for asset in tables])
    published = [asset.key for asset in tables if is_published(".".join(asset.key.path))]
    return [*tables, *snapshot(published), *report()]


def build_definitions(shop: Shop, home: Path, weeks_from: date | None = None) -> dg.Definitions:
    """The graph of a shop over all of its weeks, or over those from a week on."""
    calendar = Calendar.of(shop, weeks_from)
    assets = labelled(calendar, [*build_assets(calendar), *delivery(shop, home)])
    daily, weekly, *delivered = build_jobs(calendar, assets)
    return dg.Definitions(
        assets=assets,
        jobs=[daily, weekly, *delivered],
        schedules=[
            *build_schedules(calendar, daily, weekly, home),
            *build_deliveries(shop, delivered, home),
            build_erasures(shop, home),
        ],
        sensors=[build_sensor(calendar, daily, home), build_upkeep(shop, home)],
        resources={"warehouse": Warehouse(store=str(shop.folder), home=str(home))},
        # One process writes the warehouse: a run is one process.
        executor=dg.in_process_executor,
    )


@dg.definitions
def definitions() -> dg.Definitions:
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    home = default_home()
    export_demo(home)
    shop = load_shop(os.environ.get("ZHIKE_STORE") or DEFAULT_STORE)
    # The runs of a web UI load the graph each for itself, and have the weeks that it shows: those of the day on which it was started.
    said = os.environ.get(WEEKS_FROM)
    return build_definitions(shop, home, date.fromisoformat(said) if said else oldest_kept(shop, today_in(shop)))
