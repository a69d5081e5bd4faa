"""Makes the report of a shop from its published snapshot, and keeps it. Knows no Dagster."""

from datetime import date
from pathlib import Path

from assets.outreach.report.methods import leaving, lists, sold, trust, voice, week, who
from assets.outreach.report.methods.parts import Section
from assets.outreach.report.page import page
from assets.outreach.report.queries import queries
from assets.outreach.report.reads import Reads
from resources.errors import ZhikeError
from resources.home import Home, write_safely
from resources.shop import Shop
from resources.snapshot import opened


def make(home: Home, shop: Shop) -> tuple[date, str]:
    """The as-of day of the published snapshot and its report as HTML. Raises ZhikeError where nothing is published yet, or
    what is was published by an earlier release."""
    with opened(home) as reader:
        if "clean.orders" not in reader.snapshot.row_counts:
            raise ZhikeError(
                "the published snapshot is of an earlier release and lacks what the report needs",
                str(reader.snapshot.folder),
                "run the shop: zhike run --store …",
            )
        reads = Reads(reader, shop)
        reads.prepare(week.weeks_compared(reads.as_of, shop.start, shop.lost_days))
        version = reader.snapshot.folder.name
        return reads.as_of, page(sections(reads), shop, reads.as_of, version, queries(reads))


def sections(reads: Reads) -> list[Section]:
    """The sections whose inputs the shop has, in the order of the page."""
    rows, as_of, currency = reads.rows, reads.as_of, reads.shop.currency
    found = [
        week.section(rows("weeks"), rows("events"), currency),
        who.section(rows("classes"), rows("moves"), as_of, currency),
        leaving.section(
            rows("leaving_weeks"),
            rows("leaving_first"),
            rows("reasons"),
            as_of,
            reads.horizon_days,
            reads.has_predictions,
            currency,
        ),
        lists.section(rows("lists"), reads.horizon_days, reads.knows_consent, reads.shop.has_prices),
        sold.section(
            rows("products"),
            rows("categories"),
            rows("demand"),
            rows("happened"),
            rows("expected"),
            rows("totals"),
            as_of,
            currency,
        ),
        voice.section(rows("satisfaction"), rows("aspects")),
        trust.section(rows("predicted"), rows("forecast_then"), rows("quarantined"), rows("refused"), currency),
    ]
    return [section for section in found if section]


def keep(home: Home, shop: Shop) -> tuple[Path, str]:
    """Writes the report of the published snapshot to `reports/<as_of>.html`, readable by its owner only, and removes all but the newest
    `retention.reports`. Returns its path and its text."""
    as_of, text = make(home, shop)
    home.reports.mkdir(exist_ok=True)
    path = home.reports / f"{as_of}.html"
    write_safely(path, text)
    for old in sorted(home.reports.glob("????-??-??.html"))[: -shop.retention.reports]:
        old.unlink()
    return path, text
