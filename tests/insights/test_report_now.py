"""A report that is made anew tells of nobody who may not be told of since its week."""

from pathlib import Path

import duckdb

from assets.outreach.report.make import make
from resources.inbox import Inbox
from resources.wishes import wish
from tests.insights.test_report import changed, read
from tests.shop_builder import Bench


def test_who_wishes_to_be_erased_or_refuses_since_is_in_no_report_that_is_made(
    published: Bench, tmp_path: Path
) -> None:
    home, shop = changed(published, tmp_path)

    def listed() -> list[str]:
        rows = [row.all("td") + row.all("th") for row in read(make(home, shop)[1]).all("tr")]
        return sorted({cell.text.strip() for row in rows for cell in row} & customers)

    with duckdb.connect(str(home.snapshot / "v" / "zhike.duckdb"), read_only=True) as connection:
        customers = {name for (name,) in connection.execute("SELECT person_id FROM features.customers").fetchall()}
    leaves, refuses, *others = listed()
    inbox = Inbox(home, shop.time_zone)
    wish(inbox, leaves)
    refusal = {"consent_id": "1", "customer_id": refuses, "purpose": "personalisation", "is_given": False}
    inbox.add("consents", [refusal | {"decided_at": "2030-01-01T00:00:00Z"}])
    assert others and listed() == others
