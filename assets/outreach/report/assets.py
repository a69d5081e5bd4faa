"""outreach/report: the week on one page, for people."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.outreach.snapshot.assets import KEY as SNAPSHOT
from resources.snapshot import current
from resources.warehouse import Warehouse

KEY = dg.AssetKey(["outreach", "report"])
MOST_BYTES = 800_000


def build() -> list[dg.AssetsDefinition]:
    """The report of the published snapshot."""
    whole = dg.AssetCheckSpec(
        "the_page_has_both_languages_and_is_small",
        asset=KEY,
        description=f"It goes by mail and opens on a phone: at most {MOST_BYTES:,} bytes, each text in Chinese and English.",
    )

    @dg.asset(
        key=KEY,
        description="What changed this week, who matters, who is leaving, what to do: one HTML file in both languages.",
        group_name="outreach",
        deps=[SNAPSHOT],
        check_specs=[whole],
        output_required=False,
        kinds={"html"},
    )
    def report(warehouse: Warehouse) -> Iterator[Any]:
        from assets.outreach.report.make import keep

        if current(warehouse.place.snapshot) is None:
            nothing = {"note": "Nothing is published yet: nothing to tell."}
            yield dg.AssetCheckResult(asset_key=KEY, check_name=whole.name, passed=True, metadata=nothing)
            return
        path, text = keep(warehouse.place, warehouse.shop)
        size, texts = len(text.encode()), [text.count(f'<span lang="{language}">') for language in ("zh", "en")]
        yield dg.AssetCheckResult(
            asset_key=KEY,
            check_name=whole.name,
            passed=size <= MOST_BYTES and texts[0] == texts[1],
            metadata={"bytes": size, "chinese_texts": texts[0], "english_texts": texts[1]},
        )
        yield dg.MaterializeResult(
            asset_key=KEY, metadata={"as_of": path.stem, "page": dg.MetadataValue.path(str(path)), "bytes": size}
        )

    return [report]
