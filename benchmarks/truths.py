"""What is said of persons that is not so, counted in a published snapshot: `python -m benchmarks.truths [--store demo] [--home HOME]`.

Names of customers against what they did, lists of products to buy again against the usual gaps, reasons that say one fact twice, and
codes of values inside sentences.
"""

import argparse
import re
from collections.abc import Callable
from pathlib import Path

import duckdb

from resources.home import default_home, open_home
from resources.shop import load_shop

SILENT_DAYS, NEW_DAYS = 180, 365
CODES = re.compile(r"[a-z]+_[a-z]+|\b(?:male|female)\b(?! customers)")
LAST_ORDER = re.compile(r"已 (\d+) 天没有下单|近 \d+ 天没有(?:下单|消费)")


def counts(snapshot: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    """By what is looked for, in how many of how many rows of the newest week it is found."""
    (silent, champions), (older, new) = (
        snapshot.execute(
            f"SELECT count(*) FILTER (WHERE {wrong}), count(*) FROM rfm_latest JOIN customers_latest USING (person_id) WHERE group_en = '{name}'"
        ).fetchall()[0]
        for name, wrong in (
            ("Champions", f"recency_days > {SILENT_DAYS}"),
            ("New customers", f"t_days > {NEW_DAYS}"),
        )
    )
    rows = snapshot.execute("SELECT reasons_zh, reasons_en FROM predictions_latest").fetchall()
    lists = snapshot.execute("SELECT list, because_zh, because_en FROM recommendations_latest").fetchall()
    rebuy = [(int(found[1]), int(found[2])) for kind, zh, _ in lists if kind == "rebuy" and (found := _gaps(zh))]
    sentences = [*rows, *((zh, en) for _, zh, en in lists)]
    return {
        f"champions who are silent for over {SILENT_DAYS} days": (silent, champions),
        f"new customers who first bought over {NEW_DAYS} days ago": (older, new),
        "products to buy again, over three gaps overdue": (_share(rebuy, lambda age, gap: age > 3 * gap), len(rebuy)),
        "products to buy again, over five gaps overdue": (_share(rebuy, lambda age, gap: age > 5 * gap), len(rebuy)),
        "reasons that tell the silence twice": (sum(len(LAST_ORDER.findall(zh)) > 1 for zh, _ in rows), len(rows)),
        "reasons with a code in the sentence": (
            sum(bool(CODES.search(zh) or CODES.search(en)) for zh, en in sentences),
            len(sentences),
        ),
    }


def _gaps(zh: str) -> re.Match[str] | None:
    return re.search(r"(\d+) 天前.*?隔 (\d+) 天", zh)


def _share(rows: list[tuple[int, int]], is_late: Callable[[int, int], bool]) -> int:
    return sum(is_late(age, gap) for age, gap in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", default="demo")
    parser.add_argument("--home", type=Path, default=default_home())
    given = parser.parse_args()
    place = open_home(load_shop(given.store), given.home, to_read=True)
    with duckdb.connect(str(place.snapshot / "current" / "zhike.duckdb"), read_only=True) as snapshot:
        print("| what | found | of |\n| --- | --- | --- |")
        for what, (found, of) in counts(snapshot).items():
            print(f"| {what} | {found} | {of} |")


if __name__ == "__main__":
    main()
