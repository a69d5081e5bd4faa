"""Running twice changes nothing, and week K is what it was: whatever is told after it, and when."""

from datetime import date
from typing import Any

import dagster as dg
import duckdb
import pytest

from tests.shop_builder import CUSTOMERS, HISTORY, LAST, WEEKS, Bench, complaint, failures, line

TABLES = (
    "raw.orders",
    "raw.events",
    "clean.orders",
    "clean.events",
    "clean.quarantine",
    "features.customer_days",
    "features.customers",
)
CUT = date(2024, 1, 29)


def week(bench: Bench, as_of: date) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return tuple(bench.rows(f"features.{name}", f"as_of = '{as_of}'") for name in ("customers", "identities"))  # pyright: ignore[reportReturnType]


def test_a_day_done_again_changes_neither_a_row_nor_the_book(spoilt: Bench) -> None:
    rows, book = {table: spoilt.rows(table) for table in TABLES}, spoilt.windows()
    result = spoilt.run_days("2024-01-22", "2024-01-24")
    assert result.success
    for event in result.get_asset_materialization_events():
        metadata = event.materialization.metadata
        if event.partition:
            assert (metadata["unchanged_partitions"].value, "to_be_run_again" in metadata) == (3, False), (
                event.asset_key
            )
    assert spoilt.windows() == book
    assert {table: spoilt.rows(table) for table in TABLES} == rows


@pytest.mark.parametrize("as_of", WEEKS)
def test_a_past_week_done_again_alone_has_the_same_rows(spoilt: Bench, as_of: date) -> None:
    before, book = week(spoilt, as_of), spoilt.windows()
    assert before[0]
    assert spoilt.run_weeks(as_of, as_of).success
    assert week(spoilt, as_of) == before
    assert spoilt.windows() == book


def test_without_what_came_after_it_a_week_is_the_same(tea_house: Bench, unrun: Bench) -> None:
    """The source as it lay there on Sunday night: no file of a later day exists."""
    for table in ("orders", "events", "customers", "products", "links"):
        for path in (unrun.store / table).glob("*.csv"):
            if path.stem >= CUT.isoformat():
                path.unlink()
    assert unrun.run_days(last="2024-01-28").success
    assert unrun.run_weeks(WEEKS[0], CUT).success
    for as_of in WEEKS[:4]:
        assert week(unrun, as_of) == week(tea_house, as_of), as_of


LATE: list[tuple[str, dict[str, object]]] = [
    # A row of the week before, told after it.
    ("orders", line("l1", "anna", "2024-01-25 10:00:00", 5)),
    # A line of the history corrected, and one of the week before.
    ("orders", HISTORY[0] | {"quantity": 9}),
    ("orders", line("r1", "bob", "2024-01-25 10:00:00", -2)),
    # A link that joins bob to anna, a move, a product in another category.
    ("links", {"customer_id": "bob", "key_type": "phone", "key_value": "13800138000"}),
    ("customers", CUSTOMERS["history"][0] | {"region": "Lhasa", "known_on": ""}),
    ("products", {"product_id": "tea", "title": "Green tea", "category": "leaves", "price": 10}),
]


@pytest.mark.parametrize(("table", "row"), LATE, ids=[f"{table} {n}" for n, (table, _) in enumerate(LATE)])
def test_what_is_told_late_changes_only_later_weeks(spoilt: Bench, table: str, row: dict[str, object]) -> None:
    before, last = week(spoilt, CUT), week(spoilt, WEEKS[-1])
    spoilt.deliver(table, "2024-02-01", row)
    assert spoilt.run_days("2024-02-01", None).success
    assert spoilt.run_weeks(CUT).success
    assert week(spoilt, CUT) == before
    assert week(spoilt, WEEKS[-1]) != last, "else the row said nothing and the test neither"


def test_a_changed_day_makes_later_weeks_stale_until_they_are_run_again(spoilt: Bench) -> None:
    early = [week(spoilt, as_of) for as_of in WEEKS[:3]]
    spoilt.add("orders", "2024-01-24", line("n1", "bob", "2024-01-24 10:00:00", 7))
    result = spoilt.run("raw/orders", first="2024-01-24")
    assert result.success
    (event,) = result.get_asset_materialization_events()
    assert event.materialization.metadata["to_be_run_again"].value == sorted(
        ["clean.orders 2024-01-24", "features.customer_days 2024-01-24"]
        + [f"features.{name} {as_of}" for name in ("customers", "identities") for as_of in WEEKS[3:]]
    )
    # As inputs the stale day and the weeks on it are refused, by name.
    refused = spoilt.run("features/customer_days", first="2024-01-24")
    assert failures(refused)["features/customer_days:its_inputs_are_there_and_up_to_date"]["missing"] == {
        "2024-01-24": ["clean.orders 2024-01-24"]
    }
    refused = spoilt.run("features/customers", first=WEEKS[2], last=WEEKS[4])
    missing = failures(refused)["features/customers:its_inputs_are_there_and_up_to_date"]["missing"]
    assert list(missing) == [as_of.isoformat() for as_of in WEEKS[3:]]
    for inputs in missing.values():
        assert "features.customer_days 2024-01-24" in inputs
        assert {text.split()[1] for text in inputs} == {"2024-01-24"}
    assert "2 of 3 partitions not published" in complaint(refused)
    # Run again, in order, all is fresh; the weeks before are what they were.
    assert spoilt.run("clean/orders", "features/customer_days", first="2024-01-24").success
    assert spoilt.run_weeks().success
    assert spoilt.windows("is_stale") == []
    assert [week(spoilt, as_of) for as_of in WEEKS[:3]] == early
    assert spoilt.query("SELECT spend FROM features.customers WHERE person_id = 'bob' AND as_of = '2024-01-29'") == [
        (110,)
    ]


def test_the_web_ui_knows_what_is_stale_until_it_is_run_again(spoilt: Bench) -> None:
    spoilt.add("orders", "2024-01-24", line("n1", "bob", "2024-01-24 10:00:00", 7))
    with dg.DagsterInstance.ephemeral() as instance:

        def verdict(table: str) -> tuple[bool, "str | None"]:
            key = dg.AssetCheckKey(dg.AssetKey(table.split("/")), "every_partition_is_up_to_date")
            (record,) = instance.event_log_storage.get_latest_asset_check_execution_by_key([key]).values()
            assert record.event and record.event.asset_check_evaluation
            return record.event.asset_check_evaluation.passed, record.event.asset_check_evaluation.description

        # Told by the step whose rows changed, not when the others are next run.
        assert spoilt.run("raw/orders", first="2024-01-24", instance=instance).success
        said = "to be run again: raw.orders 2024-01-24 changed since."
        assert verdict("clean/orders") == (False, f"2024-01-24 is {said}")
        assert verdict("features/customers") == (False, f"2024-01-29, 2024-02-05 are {said}")
        assert spoilt.run("clean/orders", "features/customer_days", first="2024-01-24", instance=instance).success
        assert spoilt.run(
            "features/identities", "features/customers", first=WEEKS[3], last=WEEKS[3], instance=instance
        ).success
        assert verdict("clean/orders") == (True, "No input has changed since its partitions were run.")
        assert verdict("features/customers") == (False, f"2024-02-05 is {said}")
        assert spoilt.run("features/identities", "features/customers", first=WEEKS[4], instance=instance).success
        assert verdict("features/customers")[0]


def test_what_came_back_as_it_was_leaves_nothing_to_be_run_again(spoilt: Bench) -> None:
    """A wrong file that is corrected before anything was made from it; and what was made from it is stale all the same."""
    book = spoilt.windows("table_name LIKE 'features.%' OR table_name = 'clean.orders'")
    with duckdb.connect(str(spoilt.place / "warehouse.duckdb")) as connection:
        fits = "INSERT INTO models.registry (name, fitted_as_of, is_stale) SELECT 'a model', unnest([DATE '2024-01-22', '2024-02-05']), false"
        connection.execute(fits)
    stale_fits = "SELECT CAST(fitted_as_of AS VARCHAR) FROM models.registry WHERE is_stale"
    good = spoilt.file("orders", "2024-01-24").read_text("utf-8")
    spoilt.add("orders", "2024-01-24", line("n1", "bob", "2024-01-24 10:00:00", 7))
    assert spoilt.run("raw/orders", first="2024-01-24").success
    assert {row[0] for row in spoilt.windows("is_stale")} == {
        "clean.orders",
        *(f"features.{n}" for n in ("customer_days", "customers", "identities")),
    }
    assert spoilt.query(stale_fits) == [("2024-02-05",)]
    spoilt.file("orders", "2024-01-24").write_text(good, "utf-8")
    result = spoilt.run("raw/orders", first="2024-01-24")
    assert spoilt.query(stale_fits) == []
    assert spoilt.windows("table_name LIKE 'features.%' OR table_name = 'clean.orders'") == book
    (event,) = result.get_asset_materialization_events()
    assert "to_be_run_again" not in event.materialization.metadata

    spoilt.add("orders", "2024-01-24", line("n1", "bob", "2024-01-24 10:00:00", 7))
    assert spoilt.run("raw/orders", "clean/orders", first="2024-01-24").success
    spoilt.file("orders", "2024-01-24").write_text(good, "utf-8")
    assert spoilt.run("raw/orders", first="2024-01-24").success
    # Clean rows are those of the wrong file, and the weeks wait for them.
    assert [row[1] for row in spoilt.windows("is_stale AND table_name = 'clean.orders'")] == ["2024-01-24"]
    assert [row[1] for row in spoilt.windows("is_stale AND table_name = 'features.customers'")] == [
        "2024-01-29",
        "2024-02-05",
    ]
    assert spoilt.run("clean/orders", first="2024-01-24").success
    assert spoilt.windows("is_stale") == []


def test_a_table_of_changes_that_came_back_as_it_was_leaves_no_week_to_be_run_again(spoilt: Bench) -> None:
    good = spoilt.file("customers", "2024-01-24").read_text("utf-8")
    for text, stale in ((good.replace("Shanghai", "Ningbo"), ["2024-01-29", "2024-02-05"]), (good, [])):
        spoilt.file("customers", "2024-01-24").write_text(text, "utf-8")
        assert spoilt.run("raw/customers", "clean/customers").success
        assert [row[1] for row in spoilt.windows("is_stale AND table_name = 'features.customers'")] == stale


def test_a_file_written_again_with_the_same_rows_changes_nothing(spoilt: Bench) -> None:
    spoilt.file("orders", "2024-01-24").touch()
    spoilt.file("customers", "2024-01-24").touch()
    book = spoilt.windows("partition_key <> 'all'")
    assert spoilt.run_days("2024-01-24", None).success
    assert spoilt.windows("partition_key <> 'all'") == book
    # One that is gone refuses its day; back as it was, it leaves nothing to be run again.
    file = spoilt.file("orders", "2024-01-24")
    away = file.rename(file.with_suffix(".away"))
    assert not spoilt.run("raw/orders", first="2024-01-24").success
    away.rename(file)
    assert spoilt.run("raw/orders", first="2024-01-24").success
    assert spoilt.windows("partition_key <> 'all'") == book


def test_a_file_of_changes_that_was_taken_away_costs_no_rows(spoilt: Bench) -> None:
    rows = spoilt.rows("clean.customers")
    spoilt.file("customers", "2024-01-24").unlink()
    assert spoilt.run("raw/customers", "clean/customers").success
    assert spoilt.rows("clean.customers") == rows


def test_days_may_be_delivered_and_run_late_and_out_of_order(tea_house: Bench, spoilt: Bench) -> None:
    """A day that was refused and is filled in when later days are booked: corrections after it are booked anew."""
    good = spoilt.file("orders", "2024-01-22").read_text()
    spoilt.deliver("orders", "2024-01-22")
    assert spoilt.run_days("2024-01-22", LAST).success
    # B of the 23rd is now the first that differs from A.
    assert spoilt.query("SELECT delivered_on, sum(sign * unit_price) FROM clean.orders WHERE order_id = 'd1' GROUP BY 1 ORDER BY 1") == [
        (date(2024, 1, 18), 12), (date(2024, 1, 23), -2), (date(2024, 1, 24), 2)
    ]  # fmt: skip
    spoilt.file("orders", "2024-01-22").write_text(good)
    assert spoilt.run_days("2024-01-22", None).success
    # The 22nd alone was run: the days on which its line came again are to be run again, and no others.
    stale = "is_stale AND table_name IN ('clean.orders', 'features.customer_days')"
    assert {row[1] for row in spoilt.windows(stale)} == {"2024-01-23", "2024-01-24"}
    assert spoilt.run_days("2024-01-23", "2024-01-24").success
    assert spoilt.run_weeks().success
    for table in TABLES:
        assert spoilt.rows(table) == tea_house.rows(table), table
    assert spoilt.windows("is_stale") == []
