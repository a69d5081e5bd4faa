"""The code location: the asset graph of one shop, its jobs, schedules and sensor.

Which shop is said by ZHIKE_STORE and ZHIKE_HOME. Nothing is read but the shop's own description.
"""

import os
import warnings
from pathlib import Path

import dagster as dg

from assets.clean.assets import build as clean
from assets.features.assets import build as features
from assets.raw.assets import build as raw
from resources.calendar import Calendar
from resources.home import default_home
from resources.shop import Shop, load_shop
from resources.warehouse import Warehouse

DEFAULT_STORE = "demo"


def build_assets(calendar: Calendar) -> list[dg.AssetsDefinition]:
    """Every asset of the shop; those whose inputs it does not hand over are not there."""
    return [*raw(calendar), *clean(calendar), *features(calendar)]


def build_definitions(shop: Shop, home: Path) -> dg.Definitions:
    calendar = Calendar.of(shop)
    return dg.Definitions(
        assets=build_assets(calendar),
        resources={"warehouse": Warehouse(store=str(shop.folder), home=str(home))},
        executor=dg.in_process_executor,
    )


@dg.definitions
def definitions() -> dg.Definitions:
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    return build_definitions(load_shop(os.environ.get("ZHIKE_STORE") or DEFAULT_STORE), default_home())
