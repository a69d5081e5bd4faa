"""Makes the report of a shop from its published snapshot, and keeps it. Knows no Dagster."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from assets.outreach.report.methods import alerts, leaving, lists, service, sold, trust, voice, week, who
from assets.outreach.report.methods.parts import Section
from assets.outreach.report.page import page
from assets.outreach.report.queries import queries
from assets.outreach.report.reads import Reads
from resources.cards import CARDS, Cards
from resources.consents import Consents
from resources.errors import ZhikeError
from resources.home import Home, write_safely
from resources.shop import Shop
from resources.snapshot import Reader, opened
from resources.wishes import Leaving


def make(home: Home, shop: Shop) -> tuple[date, str]:
    """The as-of day of the published snapshot and its report as HTML. Raises ZhikeError where nothing is published yet, or
    what is was published by an earlier release."""
    with opened(home) as reader:
        reads = ready(reader, shop)
        version = reader.snapshot.folder.name
        found = _told_now(sections(reads), home, reader.snapshot.folder)
        return reads.as_of, page(found, shop, reads.as_of, version, queries(reads))


def ready(reader: Reader, shop: Shop) -> Reads:
    """The open snapshot, made ready for the sections. Raises ZhikeError for one that was published by an earlier release."""
    if "clean.orders" not in reader.snapshot.row_counts:
        raise ZhikeError(
            "the published snapshot is of an earlier release and lacks what the report needs",
            str(reader.snapshot.folder),
            "run the shop: zhike run --store …",
        )
    reads = Reads(reader, shop)
    reads.prepare(week.weeks_compared(reads.as_of, shop.start, shop.lost_days))
    return reads


def sections(reads: Reads) -> list[Section]:
    """The sections whose inputs the shop has, in the order of the page."""
    return [found for make_one in SECTIONS.values() if (found := make_one(reads))]


def _told_now(found: list[Section], home: Home, folder: Path) -> list[Section]:
    """The sections without who has since wished to be erased, or refused to be treated by personal traits."""
    if not (folder / CARDS).exists():
        return found
    cards, said = Cards.of(folder).without(Leaving(home).accounts()), Consents(home, folder)

    def may_be_told(person: str) -> bool:
        return person not in cards.gone and not said.refuses([person])

    return [replace(each, grids=[leaving.told_of(grid, may_be_told) for grid in each.grids]) for each in found]


def _week(reads: Reads) -> Section | None:
    return week.section(reads.rows("weeks"), reads.rows("events"), reads.shop.currency)


def _who(reads: Reads) -> Section | None:
    return who.section(reads.rows("classes"), reads.rows("moves"), reads.as_of, reads.shop.currency)


def _leaving(reads: Reads) -> Section | None:
    files = (reads.rows(name) for name in ("leaving_weeks", "leaving_first", "reasons"))
    return leaving.section(*files, reads.as_of, reads.horizon_days, reads.has_predictions, reads.shop.currency)


def _lists(reads: Reads) -> Section | None:
    return lists.section(reads.rows("lists"), reads.horizon_days, reads.knows_consent, reads.shop.has_prices)


def _alerts(reads: Reads) -> Section | None:
    return alerts.section(reads.rows("alerts"), reads.shop.currency)


def _sold(reads: Reads) -> Section | None:
    files = (reads.rows(name) for name in ("products", "categories", "demand", "happened", "expected", "totals"))
    return sold.section(*files, reads.as_of, reads.shop.currency, reads.rows("funnel"))


def _voice(reads: Reads) -> Section | None:
    return voice.section(reads.rows("satisfaction"), reads.rows("aspects"))


def _service(reads: Reads) -> Section | None:
    return service.section(reads.rows("quality"), reads.rows("contact_reasons"), reads.rows("gaps"))


def _trust(reads: Reads) -> Section | None:
    files = (reads.rows(name) for name in ("predicted", "forecast_then", "quarantined", "refused"))
    return trust.section(*files, reads.shop.currency)


SECTIONS: dict[str, Callable[[Reads], Section | None]] = {
    "week": _week,
    "who": _who,
    "leaving": _leaving,
    "lists": _lists,
    "alerts": _alerts,
    "sold": _sold,
    "voice": _voice,
    "service": _service,
    "trust": _trust,
}


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
