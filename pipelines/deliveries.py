"""When what waits for the shop's channels is sent by itself."""

import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from assets.outreach.delivery.outbox import Outbox
from resources.errors import ZhikeError
from resources.home import open_home
from resources.shop import Shop

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )


def minutes_of(shop: Shop) -> str:
    """The minutes of an hour in which a shop delivers: every ten, from one that follows from its name, and never at :00 or :30, when the
    services are asked by everybody."""
    first = zlib.crc32(shop.id.encode()) % 9 + 1
    return ",".join(str(first + 10 * number) for number in range(6))


def build_deliveries(shop: Shop, jobs: "list[UnresolvedAssetJobDefinition]", home: Path) -> list[dg.ScheduleDefinition]:
    def every_ten_minutes(job: "UnresolvedAssetJobDefinition") -> dg.ScheduleDefinition:
        @dg.schedule(
            job=job,
            name="every_ten_minutes",
            cron_schedule=f"{minutes_of(shop)} * * * *",
            execution_timezone=shop.time_zone,
            description="Sends what waits for the shop's channels; runs only when something may.",
        )
        def ten_minutes(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
            try:
                place = open_home(shop, home)
                written = place.warehouse.stat().st_mtime if place.warehouse.exists() else 0
                with Outbox(place) as outbox:
                    is_due = outbox.is_due(list(shop.channels), datetime.fromtimestamp(written, UTC))
            except ZhikeError as error:
                return dg.SkipReason(error.what)
            return dg.RunRequest() if is_due else dg.SkipReason("Nothing waits to be sent.")

        return ten_minutes

    return [every_ten_minutes(job) for job in jobs]
