"""Data health: how fresh the data are, what was kept out and why, which models are in force and how far to trust them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from assets.outreach.report.methods import trust
from assets.outreach.report.methods.parts import (
    Cell,
    Grid,
    Section,
    Sentence,
    count,
    noun,
    say,
)
from assets.outreach.report.reads import Reads
from resources.catalogue import in_words
from resources.descriptions import both
from resources.quoting import identifier
from resources.words import Words
from serving.console.parts import FIGURES, Row, rows
from serving.console.rooms import models
from serving.console.visit import Page, Room, Visit

TITLE = Words("数据健康", "Data health")
# The column that says how new a row is, the first that a table has.
DATED = ("delivered_on", "as_of", "known_on")
# What a shop that trades keeps delivering; it is late when nothing came for longer than ever in the last 13 weeks.
STEADY = ("orders", "reviews", "messages", "outcomes")
LATE_DAYS, WATCHED_DAYS = 2, 91


def page(visit: Visit) -> Page:
    """Everything that says how far the numbers of the other rooms can be trusted."""
    return Page(TITLE, visit.held("health", lambda reads: _content(reads, visit.snapshot.row_counts)))


def _content(reads: Reads, row_counts: Mapping[str, int]) -> dict[str, Any]:
    fresh = {name: _newest(reads, name) for name in row_counts if name.startswith(("clean.", "features.", "insights."))}
    quarantined, refused = rows(reads, "health_quarantine"), reads.rows("refused")
    found = [
        _delivered(fresh, row_counts, reads),
        _kept_out(quarantined, reads.rows("quarantined"), refused),
        *models.sections(reads),
    ]
    return {
        "sections": [section for section in found if section],
        "folded": _tables(fresh, row_counts, reads),
    }


def _newest(reads: Reads, table: str) -> date | None:
    """The newest day of a table's rows."""
    column = next((name for name in DATED if name in reads.columns(table)), None)
    if column is None:
        return None
    schema, _, name = table.partition(".")
    asked = f"SELECT max({column}) FROM {identifier(schema)}.{identifier(name)}"
    return reads.reader.connection.execute(asked).fetchall()[0][0]


def _longest(reads: Reads, table: str) -> int:
    """The longest time without a delivery in the last weeks, in days."""
    asked = f"""
        SELECT coalesce(max(gap), 0)
        FROM (
            SELECT delivered_on - lag(delivered_on) OVER (ORDER BY delivered_on) AS gap
            FROM (SELECT DISTINCT delivered_on FROM clean.{identifier(table)} WHERE delivered_on >= getvariable('as_of') - {WATCHED_DAYS})
        )
    """
    return reads.reader.connection.execute(asked).fetchall()[0][0]


def _delivered(fresh: Mapping[str, date | None], row_counts: Mapping[str, int], reads: Reads) -> Section | None:
    """The newest delivery of each table that the shop hands over."""
    clean = {name.partition(".")[2]: day for name, day in fresh.items() if name.startswith("clean.") and day}
    if not clean:
        return None
    since = {name: (reads.as_of - clean[name]).days for name in STEADY if name in clean}
    late = {name: days for name, days in since.items() if days > max(LATE_DAYS, _longest(reads, name))}
    sentences = [
        say(
            "数据截至 {day}：之后的数据要到下一个周一才计入。",
            "The data are as of {day}: what came since counts from the next Monday on.",
            day=reads.as_of.isoformat(),
        )
    ]
    sentences += [_late(name, days) for name, days in late.items()] or [
        say("店铺的数据照常交来。", "The shop's data keep coming as they used to.")
    ]
    cells: list[list[Cell]] = [
        [
            trust.TABLES.get(name, Words(name, name)),
            day.isoformat(),
            count(row_counts[f"clean.{name}"], "health.rows", f"clean.{name}"),
        ]
        for name, day in sorted(clean.items(), key=lambda pair: (pair[0] not in STEADY, pair[0]))
    ]
    columns = (Words("数据", "Data"), Words("最近一次交来", "Newest delivery"), Words("有效记录", "Records that count"))
    return Section(
        "fresh",
        Words("新不新", "How fresh"),
        sentences,
        grids=[Grid(Words("店铺交来的数据", "What the shop hands over"), columns, cells)],
    )


def _late(name: str, days: int) -> Sentence:
    return say(
        "{table}已经 {days} 天没有新数据，比近三个月里任何一次都久：请转告数据负责人。",
        "Nothing new of {table} for {days} days, longer than ever in the last three months: tell whoever runs the data.",
        table=trust.TABLES.get(name, Words(name, name)),
        days=str(days),
    )


def _kept_out(quarantined: Sequence[Row], of_week: Sequence[Row], refused: Sequence[Row]) -> Section:
    grids = [_of_reasons(quarantined)] if quarantined else []
    grids += [trust.of_refused(refused)] if refused else []
    return Section(
        "kept-out",
        Words("什么没有计入", "What is kept out"),
        [trust.kept_out(of_week), trust.refusals(refused)],
        grids=grids,
        rules=trust.RULES[1:],
    )


def _of_reasons(quarantined: Sequence[Row]) -> Grid:
    cells: list[list[Cell]] = []
    for row in quarantined:
        key = f"{row['source_table']}: {row['reason']}"
        cells.append(
            [
                trust.TABLES.get(row["source_table"], Words(row["source_table"], row["source_table"])),
                in_words(row["reason"]),
                count(row["week_count"], "health.week_quarantined", key),
                count(row["month_count"], "health.month_quarantined", key),
                count(row["row_count"], "health.all_quarantined", key),
            ]
        )
    columns = (
        Words("数据", "Data"),
        Words("原因", "Reason"),
        Words("本周", "This week"),
        Words("近四周", "In four weeks"),
        Words("总计", "In all"),
    )
    return Grid(Words("隔离的记录，按原因", "Records kept apart, by reason"), columns, cells)


def _tables(fresh: Mapping[str, date | None], row_counts: Mapping[str, int], reads: Reads) -> Section:
    """Every published table, for whoever looks a number up."""
    asked = "SELECT schema_name || '.' || table_name, comment FROM duckdb_tables() WHERE comment IS NOT NULL"
    comments = dict(reads.reader.connection.execute(asked).fetchall())
    names = [name for name in row_counts if name in fresh]
    cells: list[list[Cell]] = []
    for name in names:
        day = fresh[name]
        cells.append(
            [
                name,
                both(comments.get(name, ""), name) or Words(name, name),
                day.isoformat() if day else None,
                count(row_counts[name], "health.rows", name),
            ]
        )
    columns = (
        Words("表", "Table"),
        Words("内容", "What it holds"),
        Words("最新", "Newest"),
        Words("行数", "Rows"),
    )
    lead = say(
        "共发布 {tables} 张表，页面上的每个数字都出自其中。",
        "{tables} {noun} published; every number of these pages comes from them.",
        tables=str(len(names)),
        noun=noun(len(names), "table is", "tables are"),
    )
    return Section(
        "tables",
        Words("数据表", "Tables"),
        [lead],
        grids=[Grid(Words("已发布的表", "What is published"), columns, cells)],
    )


ROOM = Room("health", TITLE, {"": page}, figures=FIGURES / "health.sql")
