"""What is expected of rows as they were delivered."""

from data_checks.gate.expectation import FEW, Expectation, no_row
from resources.contract import ContractTable
from resources.shop import Shop

# A day against the median of the same weekday in the eight weeks before it; fewer than four such days give no verdict,
# nor does a day without rows in a source that is split by its rows' own day: the shop was closed.
VOLUME = """
    SELECT part, rows / nullif(usual, 0) FROM (
        SELECT part, rows, is_asked,
            median(rows) FILTER (WHERE rows > 0) OVER past AS usual, count(*) FILTER (WHERE rows > 0) OVER past AS days
        FROM (
            SELECT CAST(a.delivered_on AS VARCHAR) AS part, a.delivered_on AS day, count(s.delivered_on) AS rows, true AS is_asked
            FROM asked AS a LEFT JOIN stage AS s ON s.delivered_on = a.delivered_on
            GROUP BY a.delivered_on
            UNION ALL
            SELECT partition_key, CAST(partition_key AS DATE), row_count, false FROM ops.windows
            WHERE table_name = 'raw.{table}' AND CAST(partition_key AS DATE) NOT IN (SELECT delivered_on FROM asked)
                AND CAST(partition_key AS DATE) >= (SELECT min(delivered_on) - 56 FROM asked)
        )
        WINDOW past AS (PARTITION BY dayofweek(day) ORDER BY day RANGE BETWEEN INTERVAL 56 DAY PRECEDING AND INTERVAL 1 DAY PRECEDING)
    )
    WHERE is_asked AND days >= 4{and_open}
"""


# A column that a tenth of the rows of the four weeks before the asked days fill, and none of a day's: it is gone from the file, or renamed.
VANISHED = """
    SELECT CAST(s.delivered_on AS VARCHAR), {gone}
    FROM stage AS s, (
        SELECT count(*) AS rows, {counts} FROM raw.{table}
        WHERE delivered_on < (SELECT min(delivered_on) FROM asked) AND delivered_on >= (SELECT min(delivered_on) - 28 FROM asked)
    ) AS past
    GROUP BY s.delivered_on HAVING count(*) >= {few}
"""


def _vanished(table: ContractTable) -> str:
    names = table.field_names
    gone = " + ".join(f'CAST(count(s."{n}") = 0 AND any_value(past."{n}" > 0.1 * past.rows) AS INTEGER)' for n in names)
    counts = ", ".join(f'count("{n}") AS "{n}"' for n in names)
    return VANISHED.format(table=table.name, gone=gone, counts=counts, few=FEW)


def facts(shop: Shop, table: ContractTable) -> list[Expectation]:
    kinds = [spec for specs in shop.sources_of(table.name).values() for spec in specs]
    splits = not any(spec.is_dated or spec.history for spec in kinds)
    return [
        Expectation(
            "every_file_was_delivered_and_could_be_read",
            "A day whose file is absent, broken or does not fit the mapping would look like a day without business.",
            "unreadable_count",
            at_most=0,
            given=True,
            tells_problems=True,
        ),
        Expectation(
            "the_day_is_as_large_as_days_usually_are",
            "A cut-off or doubled delivery shows in its volume: rows against the median of the same weekday.",
            VOLUME.format(table=table.name, and_open=" AND rows > 0" if splits else ""),
            at_least=shop.limits.volume_low,
            at_most=shop.limits.volume_high,
            severity="warning" if table.comes_in_bursts else "critical",
            unit="times",
        ),
        Expectation(
            "every_column_still_has_values",
            "A column that vanishes from the file, or is renamed, is empty in everything after it.",
            _vanished(table),
            at_most=0,
            severity="warning",
        ),
        _keyed(table),
    ]


def changes(table: ContractTable) -> list[Expectation]:
    return [
        Expectation(
            "every_file_could_be_read",
            "A file that cannot be read is left out, with its last good rows where it had some: what it told is missing until it is mended.",
            "SELECT 'all', count(*) FROM unreadable",
            at_most=0,
            severity="error",
            tells_problems=True,
        ),
        _keyed(table),
    ]


def _keyed(table: ContractTable) -> Expectation:
    empty = " AND ".join(f'"{name}" IS NULL' for name in table.key)
    return no_row(
        "some_row_part_of_every_key_is_given",
        f"{empty} AND refused IS NULL",
        "Rows without any part of their key are another file, or a shifted column.",
        severity="warning",
    )
