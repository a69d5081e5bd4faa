"""outreach/delivery: what waits in the outbox is sent to the shop's own people."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from assets.outreach.report.assets import KEY as REPORT
from resources.database import PROCESS_TAG
from resources.home import open_home
from resources.processes import process_of
from resources.shop import Shop
from resources.words import Words

KEY = dg.AssetKey(["outreach", "delivery"])
PERHAPS = Words("{0} 条消息不确定是否送达", "{0} messages were perhaps sent")


def build(shop: Shop, home: Path) -> list[dg.AssetsDefinition]:
    """The delivery of a shop that has channels. It asks for no warehouse, so that by itself it holds none while it calls."""
    if not shop.channels:
        return []
    undelivered = dg.AssetCheckSpec(
        "nothing_is_undelivered",
        asset=KEY,
        description="Every channel works, and no message of the last seven days was given up.",
    )

    @dg.asset(
        key=KEY,
        description="Messages to the shop's own people, sent to its channels; where each stands is in outbox.db of the home.",
        group_name="outreach",
        deps=[REPORT],
        check_specs=[undelivered],
    )
    def delivery(context: dg.AssetExecutionContext) -> Iterator[Any]:
        from assets.outreach.alerts.telling import put_alerts
        from assets.outreach.delivery.deliver import deliver
        from assets.outreach.delivery.outbox import Outbox, now

        if context.instance.has_run(context.run.run_id):
            context.instance.add_run_tags(context.run.run_id, {PROCESS_TAG: process_of(os.getpid())})
        place = open_home(shop, home)
        try:
            with Outbox(place) as outbox:
                put_alerts(place, shop, outbox, list(shop.channels), now())
        finally:
            # What waits does not wait for a snapshot to be mended.
            done = deliver(shop, place)
        said = [f"{words.zh} · {words.en}" for words in done.problems]
        yield dg.AssetCheckResult(
            asset_key=KEY,
            check_name=undelivered.name,
            passed=not said,
            severity=dg.AssetCheckSeverity.WARN,
            description="\n".join(said) or None,
            metadata={"broken_channels": sorted(done.broken), "given_up": len(done.dead)},
        )
        perhaps = PERHAPS.format(len(done.perhaps))
        yield dg.MaterializeResult(
            asset_key=KEY,
            metadata={
                "sent": done.sent,
                "perhaps_sent": f"{perhaps.zh} · {perhaps.en}",
                "by_channel": dg.MetadataValue.json(done.counts),
            },
        )

    return [delivery]
