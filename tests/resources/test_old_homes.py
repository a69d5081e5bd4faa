"""A home made by an earlier release opens, gains what it lacks, loses nothing, and says what is to be run again."""

from datetime import date

import duckdb

from resources.code import code_version
from tests.shop_builder import LAST, WEEKS, Bench

# What a home of the release before the code version had: fewer columns, no book of refusals and code.
OLDER = """
ALTER TABLE ops.windows DROP COLUMN code_version;
ALTER TABLE models.registry DROP COLUMN code_version;
DROP TABLE ops.refusals;
DROP TABLE ops.code;
DROP VIEW features.customers_latest;
ALTER TABLE features.customers DROP COLUMN category_count;
CREATE VIEW features.customers_latest AS SELECT * FROM features.customers WHERE as_of = (SELECT max(as_of) FROM features.customers);
ALTER TABLE raw.orders DROP COLUMN channel;
ALTER TABLE raw.customers DROP COLUMN occupation;
ALTER TABLE clean.quarantine DROP COLUMN row;
INSERT INTO models.registry VALUES ('segments', DATE '2024-02-05', 'kmeans', 'old', '{}', '{"k": 3}', true, false);
"""


def older(bench: Bench) -> Bench:
    with duckdb.connect(str(bench.place / "warehouse.duckdb")) as connection:
        connection.execute(OLDER)
    return bench


def test_a_home_of_an_earlier_release_gains_columns_and_loses_no_row(spoilt: Bench, tea_house: Bench) -> None:
    counts = "SELECT table_name, sum(row_count) FROM ops.windows GROUP BY ALL ORDER BY ALL"
    before = spoilt.query(counts)
    older(spoilt)
    with spoilt.warehouse().opened() as warehouse:
        assert warehouse.connection.execute(counts).fetchall() == before
    assert spoilt.run_days(LAST).success
    assert spoilt.query(counts) == before
    assert spoilt.query("SELECT count(channel) FROM raw.orders WHERE delivered_on = '2024-02-04'") == tea_house.query(
        "SELECT count(channel) FROM raw.orders WHERE delivered_on = '2024-02-04'"
    )

    assert spoilt.run_days().success
    assert spoilt.run_weeks().success
    for table in ("raw.orders", "raw.customers", "clean.orders", "clean.quarantine", "features.customers"):
        columns = ", ".join(sorted(name for name in tea_house.rows(table)[0]))
        query = f"SELECT {columns} FROM {table} ORDER BY ALL"
        assert spoilt.query(query) == tea_house.query(query), table
    latest = "SELECT category_count FROM features.customers_latest ORDER BY ALL"
    assert spoilt.query(latest) == tea_house.query(latest)


def test_partitions_of_other_code_are_known_until_they_are_made_again(spoilt: Bench) -> None:
    version = code_version("assets/features")
    older(spoilt)
    by_code = "SELECT code_version, count(*) FROM ops.windows WHERE table_name = 'features.customers' GROUP BY ALL"
    with spoilt.warehouse().opened():
        pass
    assert spoilt.query(by_code) == [(None, len(WEEKS))]
    assert spoilt.run_weeks(WEEKS[-1]).success
    assert set(spoilt.query(by_code)) == {(None, len(WEEKS) - 1), (version, 1)}
    assert spoilt.run_weeks().success
    assert spoilt.query(by_code) == [(version, len(WEEKS))]
    assert spoilt.query("SELECT places FROM ops.code WHERE table_name = 'features.customers'") == [
        (["assets/features"],)
    ]


def test_a_fit_of_other_code_is_not_used(spoilt: Bench) -> None:
    from resources.registry import RoomModel, fit_of, recorded

    older(spoilt)
    with spoilt.warehouse().opened() as warehouse:
        model = RoomModel("segments", 91, lambda *_: None, ("assets/insights/segments",))
        assert recorded(warehouse.connection, model) == []
        assert fit_of(warehouse.connection, "segments", date(2024, 2, 5)) is None
