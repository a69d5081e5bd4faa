"""Makes a shop's folder from its files: recognises or proposes, writes store.yaml and the selects, and checks them."""

import json
import os
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from pipelines.onboarding.check import check_store
from pipelines.onboarding.draft import Draft, of_preset, settings_of
from pipelines.onboarding.files import Found, columns_of, look_at
from pipelines.onboarding.findings import Finding
from pipelines.onboarding.presets import presets
from pipelines.onboarding.propose import propose
from pipelines.onboarding.zones import zone_of
from resources.arrival import arriving, date_orders
from resources.contract import ORDERS, ContractTable
from resources.errors import ZhikeError
from resources.privacy import register
from resources.reader import bind, deliveries, mapped_columns
from resources.reading import register as register_reading
from resources.shop import Shop, load_shop
from resources.words import Words

EARLIEST = date(1990, 1, 1)
# A day so far from all others is a mistyped year, unless more than this share of the rows is with it.
GAP, FEW = timedelta(days=366), 0.01


@dataclass(frozen=True)
class Made:
    """A shop's folder that was written, what it rests on, and what the check says of it."""

    shop: Shop
    draft: Draft
    findings: list[Finding]


def make_shop(files: Sequence[Path], folder: Path, language: str, dates: str = "") -> Made:
    """Writes `folder` (store.yaml and a select a table) for the files of a shop, and checks it. `language` is that of the comments, zh or
    en; `dates` the order of day and month in dates such as 05/01/2024 that no file settles, dmy or mdy.

    Raises ZhikeError where the folder is there already, a file cannot be read, or nothing in the files can be taken for orders.
    """
    if folder.exists():
        raise ZhikeError(
            "the folder is there already, and nothing is written over", str(folder), "name a new one with --into"
        )
    with duckdb.connect(config={"temp_directory": ""}) as connection:
        register(connection, secrets.token_bytes(32))
        register_reading(connection, "UTC")
        found = [look_at(connection, path.absolute(), dates) for path in files]
        draft = of_preset(found, presets(), language) or propose(
            found, {file.path: columns_of(connection, file) for file in found}, language
        )
        shop = _surveyed(connection, draft, folder)
    _write(shop, draft, folder, language)
    made = load_shop(str(folder.resolve()))
    return Made(made, draft, check_store(made))


def _surveyed(connection: duckdb.DuckDBPyConnection, draft: Draft, folder: Path) -> Shop:
    """The draft as a shop, with the zone, the currency and the days that its own rows tell."""
    naming = [select for select in draft.tables.values() if re.search(r"\bfile_name\b", select)]
    sources: dict[str, dict[str, Any]] = {
        name: {"path": _pattern(files), **settings_of(files)} for name, files in draft.sources.items()
    }
    for name, source in sources.items():
        source |= {"name_files": True} if any(re.search(rf"\b{name}\b", select) for select in naming) else {}
    given: dict[str, Any] = {"time_zone": "UTC", "currency": "CNY", **draft.shop}

    def shop_from(first: date, last: date | None) -> Shop:
        return Shop(
            folder=folder.absolute(), name=draft.name, start=first, end=last, sources=sources, tables=draft.tables, drops=draft.drops, **given
        )  # fmt: skip

    shop = shop_from(EARLIEST, None)
    columns, rows = _arriving(connection, shop, ORDERS)
    texts = connection.execute(f"SELECT ordered_at FROM ({rows}) WHERE trim(ordered_at) <> '' LIMIT 5000").fetchall()
    given["time_zone"] = zone_of([text for (text,) in texts]) or given["time_zone"]
    if "currency" in columns:
        (found,) = connection.execute(f"SELECT mode(upper(trim(nullif(currency, '')))) FROM ({rows})").fetchall()[0]
        given["currency"] = found or given["currency"]
    if "unit_price" not in columns:
        given["currency"] = None
    register_reading(connection, given["time_zone"])
    connection.execute(f"SET TimeZone = '{given['time_zone']}'")
    days: list[tuple[date, int]] = []
    for table in shop.facts:
        _, rows = _arriving(connection, shop, table)
        day = f"CAST(timezone('UTC', as_instant({table.happened_at})) AS DATE)"
        query = f"SELECT {day} AS day, count(*) FROM ({rows}) GROUP BY day HAVING day IS NOT NULL"
        days += connection.execute(query).fetchall()
    return shop_from(*span(days))


def _arriving(connection: duckdb.DuckDBPyConnection, shop: Shop, table: ContractTable) -> tuple[set[str], str]:
    """The columns that a table's mapping gives, and the select of its rows as they arrive."""
    (delivery,) = deliveries(shop, table, [])
    bind(connection, delivery)
    columns = mapped_columns(connection, shop, table)
    return set(columns), arriving(
        shop, table, delivery, columns, orders=date_orders(connection, shop, table, delivery, columns)
    )


def span(days: Sequence[tuple[date, int]]) -> tuple[date, date]:
    """The first and the last day of (day, rows) pairs, without a few rows whose year is mistyped. Raises ZhikeError where there are none."""
    kept = sorted(days)
    if not kept:
        raise ZhikeError(
            "no order has a time that can be read",
            "the files",
            "where dates are written 05/01/2024 and no day above 12 settles it, say which is the month with --dates dmy or --dates mdy",
        )
    few = FEW * sum(rows for _, rows in kept)
    for at in range(1, len(kept)):
        if kept[at][0] - kept[at - 1][0] > GAP and sum(rows for _, rows in kept[:at]) <= few:
            return span(kept[at:])
        if kept[at][0] - kept[at - 1][0] > GAP and sum(rows for _, rows in kept[at:]) <= few:
            return span(kept[:at])
    return kept[0][0], kept[-1][0]


def _pattern(files: Sequence[Found]) -> str:
    """The path of one file, or of several, with a star where their names differ. Raises ZhikeError where it would take others too."""
    paths = [file.path for file in files]
    if len(paths) == 1:
        return str(paths[0])
    names = [path.name for path in paths]
    before = os.path.commonprefix(names)
    after = os.path.commonprefix([name[len(before) :][::-1] for name in names])[::-1]
    pattern = paths[0].parent / f"{before}*{after}"
    if {path.parent for path in paths} != {pattern.parent} or set(pattern.parent.glob(pattern.name)) != set(paths):
        raise ZhikeError(
            f"{len(paths)} files are one table, but no one pattern names them and no others",
            ", ".join(map(str, paths)),
            "put them into a folder of their own, with names that begin alike",
        )
    return str(pattern)


# What store.yaml says above its lines.
HEAD = Words(
    "由 zhike init 写成。请读一遍再运行；这里写什么，就按什么算。",
    "Written by zhike init. Read it before you run: what stands here is what is done.",
)
TOOK = Words("这样理解这些文件：", "What was taken for what:")
MISSING = Words("没有的：", "What is missing:")
LINES = {
    "time_zone": Words("没有时差的时间都按这个时区理解", "times without an offset are of this zone"),
    "currency": Words("一家店一种货币", "one currency a shop"),
    "start": Words("文件里最早的一天", "the first day in the files"),
    "end": Words(
        "文件里最后一天；换上新的导出后改大，或删掉这行",
        "the last day in the files; raise it, or take the line away, with the next export",
    ),
}


def _write(shop: Shop, draft: Draft, folder: Path, language: str) -> None:
    def said(words: Words) -> str:
        return getattr(words, language)

    lines = [f"# {said(HEAD)}", "#", f"# {said(TOOK)}", *(f"# - {said(words)}" for words in draft.took)]
    lines += ["#", f"# {said(MISSING)}", *(f"# - {said(words)}" for words in draft.missing)]
    lines.append(f"name: {{zh: {_quoted(draft.name.zh)}, en: {_quoted(draft.name.en)}}}")
    for key, value in (
        ("locale", shop.locale), ("time_zone", shop.time_zone), ("currency", shop.currency), ("start", shop.start), ("end", shop.end),
    ):  # fmt: skip
        if value is not None:
            lines.append(f"{key}: {value}" + (f"  # {said(LINES[key])}" if key in LINES else ""))
    lines.append("sources:")
    for name, (source,) in shop.sources.items():
        settings = source.model_dump(exclude_defaults=True)
        lines.append(f"  {name}: {{{', '.join(f'{key}: {_quoted(value)}' for key, value in settings.items())}}}")
    lines += ["tables:", *(f"  {table}: {table}.sql" for table in shop.tables)]
    if draft.drops:
        lines += ["drops:", *(f"  {table}: {_quoted(select.strip())}" for table, select in draft.drops.items())]
    made = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        made.mkdir(parents=True)
        for table, select in draft.tables.items():
            (made / f"{table}.sql").write_text(select, encoding="utf-8")
        (made / "store.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        made.rename(folder)
    except OSError as error:
        shutil.rmtree(made, ignore_errors=True)
        raise ZhikeError(
            f"the shop's folder cannot be written: {error.strerror}", str(folder), "name another one with --into"
        ) from error


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


SAID = Words("认作：{name}\n{took}\n没有的：\n{missing}{left}\n写好了 {folder}：请读一遍 store.yaml，再运行\n  zhike run --store {folder}",
    "Taken for: {name}\n{took}\nMissing:\n{missing}{left}\nWritten: {folder}. Read its store.yaml, then\n  zhike run --store {folder}")  # fmt: skip
LEFT = Words("\n没有用到的文件：{0}", "\nFiles that are not used: {0}")


def told(made: Made) -> Words:
    """What the person reads after the check: what was taken for what, what is missing, what to do next."""
    mark = Words("  · ", "  · ")

    def listed(lines: Sequence[Words]) -> Words:
        return Words.join([mark + line for line in lines], Words("\n", "\n"))

    left = LEFT.format(", ".join(str(file.path) for file in made.draft.left)) if made.draft.left else Words("", "")
    return SAID.format(
        name=made.draft.name,
        took=listed(made.draft.took),
        missing=listed(made.draft.missing),
        left=left,
        folder=made.shop.folder,
    )
