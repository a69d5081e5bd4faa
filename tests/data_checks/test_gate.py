"""The gate: a bad partition is not published, its last good rows stay, the other days of the range are, and the checks say why."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest

from assets.clean.assets import fact_rows
from data_checks.clean import facts
from data_checks.gate.asset import gated_asset
from data_checks.gate.expectation import Expectation, no_row, share_of_rows
from data_checks.gate.rows import Rows, Work
from resources.calendar import Calendar
from resources.contract import CONTRACT
from resources.evidence import Evidence
from resources.tables import Column, Table
from tests.shop_builder import (
    COLUMNS,
    FIRST,
    LAST,
    STORE,
    WEEKS,
    Bench,
    complaint,
    failures,
    line,
    plain,
    write_rows,
    write_store,
)

DAY, NEXT = "2024-01-31", "2024-02-01"
BEFORE = "2024-01-30"


Tasting = tuple["str | None", str, int]

TASTINGS = Table(
    schema="insights",
    name="tastings",
    description="A table with a fault planted in one day.",
    partitioning="daily",
    key=("delivered_on", "name"),
    columns=(
        Column("delivered_on", "DATE", "The day."),
        Column("name", "VARCHAR", "Who tasted.", personal=True),
        Column("tea", "VARCHAR", "What."),
        Column("points", "INTEGER", "0 to 10."),
    ),
)
SUITE = [
    no_row("every_name_is_given", "name IS NULL", "why"),
    no_row("points_are_0_to_10", "points NOT BETWEEN 0 AND 10", "why"),
    share_of_rows("few_teas_are_unknown", "tea = '?'", 0.2, "why"),
    Expectation("rows_are_as_many_as_said", "why", "row_total", at_least=3, at_most=100, given=True),
    no_row("teas_are_lower_case", "tea <> lower(tea)", "why", severity="warning"),
]
GOOD: list[Tasting] = [("anna", "green", 5), ("bob", "black", 6), ("cara", "green", 7)]
FAULTS: dict[str, list[Tasting]] = {
    "every_key_has_one_row": [*GOOD, ("anna", "black", 1)],
    "every_name_is_given": [*GOOD, (None, "black", 1)],
    "points_are_0_to_10": [*GOOD, ("dora", "black", 11)],
    "few_teas_are_unknown": [(str(n), "?", 1) for n in range(12)],
    "rows_are_as_many_as_said": GOOD[:2],
    "teas_are_lower_case": [*GOOD, ("dora", "Black", 1)],
}


def tastings(bench: Bench, by_day: dict[str, list[Tasting]]) -> list[dg.AssetsDefinition]:
    """The asset of tastings whose rows are given, in the calendar of the tea house."""

    def rows(work: Work) -> Rows:
        work.connection.execute(
            "CREATE OR REPLACE TEMP TABLE tasted (delivered_on DATE, name VARCHAR, tea VARCHAR, points INTEGER)"
        )
        for key in work.keys:
            for name, kind, points in by_day.get(key.isoformat(), GOOD):
                work.connection.execute("INSERT INTO tasted VALUES (?, ?, ?, ?)", [key, name, kind, points])
        return Rows(
            "FROM tasted",
            figures="SELECT delivered_on, count(*) AS row_total FROM stage GROUP BY 1",
            evidence={"points_are_0_to_10": Evidence({"tasters": "three"})},
        )

    return [gated_asset(TASTINGS, rows, calendar=Calendar.of(bench.shop), suite=SUITE, kinds={"sql"})]


def taste(bench: Bench, by_day: dict[str, list[Tasting]], first: str = BEFORE) -> dg.ExecuteInProcessResult:
    return bench.run("insights/tastings", first=first, last=NEXT, assets=tastings(bench, by_day))


@pytest.fixture(scope="module")
def tasted(delivered: Bench, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    bench = delivered.copy(tmp_path_factory.mktemp("tasted"))
    assert taste(bench, {}).success
    return bench


@pytest.mark.parametrize("name", [name for name in FAULTS if name != "teas_are_lower_case"])
def test_a_fault_holds_back_its_day_alone(tasted: Bench, tmp_path: Path, name: str) -> None:
    bench = tasted.copy(tmp_path)
    good, book = bench.rows("insights.tastings", f"delivered_on = '{DAY}'"), bench.windows()
    other = [("zoe", "white", 9), *GOOD]
    result = taste(bench, {DAY: FAULTS[name], NEXT: other})
    assert not result.success
    assert bench.rows("insights.tastings", f"delivered_on = '{DAY}'") == good
    assert "zoe" in {row["name"] for row in bench.rows("insights.tastings", f"delivered_on = '{NEXT}'")}
    # The book: only the day that changed has a new entry.
    assert {(row[0], row[1]) for row in set(bench.windows()) - set(book)} == {("insights.tastings", NEXT)}
    found = failures(result)
    assert set(found) == {f"insights/tastings:{name}"}
    assert list(found[f"insights/tastings:{name}"]["values"]) == [DAY]
    said = complaint(result)
    assert f"insights.tastings: 1 of 3 partitions not published, their last good rows stay. {DAY}: {name}." in said


def test_a_refused_day_stands_in_the_book_until_it_is_published(tasted: Bench, tmp_path: Path) -> None:
    bench = tasted.copy(tmp_path)
    refused = "SELECT partition_key, check_name, figure, at_least, at_most FROM ops.refusals WHERE table_name = 'insights.tastings'"
    result = taste(bench, {DAY: [*GOOD, ("dora", "black", 11), ("erin", "Black", 12)]})
    assert bench.query(refused) == [(DAY, "points_are_0_to_10", 2.0, None, 0.0)]
    assert bench.query("SELECT DISTINCT run_id FROM ops.refusals") == [(result.run_id,)]

    assert taste(bench, {DAY: GOOD[:2]}, first=NEXT).success
    assert bench.query(refused) == [(DAY, "points_are_0_to_10", 2.0, None, 0.0)]
    assert not taste(bench, {DAY: GOOD[:2]}).success
    assert bench.query(refused) == [(DAY, "rows_are_as_many_as_said", 2.0, 3.0, 100.0)]
    assert taste(bench, {}).success
    assert bench.query(refused) == []


@pytest.mark.parametrize(
    ("name", "sample"),
    [
        ("every_key_has_one_row", [("•••", "black", "1"), ("•••", "green", "5")]),
        ("every_name_is_given", [(None, "black", "1")]),
        ("points_are_0_to_10", [("•••", "black", "11")]),
        # Twelve rows offend; a sample is five.
        ("few_teas_are_unknown", [("•••", "?", "1")] * 5),
    ],
)
def test_the_failed_check_shows_rows_without_saying_whose(
    tasted: Bench, tmp_path: Path, name: str, sample: list[tuple[str, ...]]
) -> None:
    result = taste(tasted.copy(tmp_path), {DAY: FAULTS[name]})
    rows = failures(result)[f"insights/tastings:{name}"]["sample"]
    assert sorted((row["name"], row["tea"], row["points"]) for row in rows) == sample
    assert {row["delivered_on"] for row in rows} == {DAY}


def test_a_warning_is_recorded_and_lets_the_rows_through(tasted: Bench, tmp_path: Path) -> None:
    bench = tasted.copy(tmp_path)
    result = taste(bench, {DAY: FAULTS["teas_are_lower_case"]})
    assert result.success
    (check,) = [found for found in result.get_asset_check_evaluations() if not found.passed]
    assert (check.check_name, check.severity, check.blocking) == (
        "teas_are_lower_case",
        dg.AssetCheckSeverity.WARN,
        False,
    )
    assert plain(check.metadata["values"]) == {DAY: 1}
    assert ("Black",) in bench.query("SELECT tea FROM insights.tastings WHERE delivered_on = ?", [DAY])


def test_a_check_shows_the_evidence_that_came_with_the_rows(tasted: Bench, tmp_path: Path) -> None:
    result = taste(tasted.copy(tmp_path), {})
    shown = {check.check_name: check.metadata.get("tasters") for check in result.get_asset_check_evaluations()}
    assert shown.pop("points_are_0_to_10") == dg.TextMetadataValue("three")
    assert set(shown.values()) == {None}


def test_dagster_knows_which_days_were_published(tasted: Bench, tmp_path: Path) -> None:
    bench = tasted.copy(tmp_path)
    with dg.DagsterInstance.ephemeral() as instance:
        assets = tastings(bench, {DAY: FAULTS["every_key_has_one_row"]})
        result = bench.run("insights/tastings", first=BEFORE, last=NEXT, assets=assets, instance=instance)
        assert not result.success
        assert instance.get_materialized_partitions(TASTINGS.asset_key) == {BEFORE, NEXT}


def test_a_fault_that_raises_publishes_nothing_and_names_the_table(tasted: Bench, tmp_path: Path) -> None:
    bench = tasted.copy(tmp_path)
    book = bench.windows()
    asset = gated_asset(
        TASTINGS, lambda work: Rows("SELECT no_column"), calendar=Calendar.of(bench.shop), suite=SUITE, kinds={"sql"}
    )
    result = bench.run("insights/tastings", first=DAY, assets=[asset])
    assert 'column "no_column" was not found' in complaint(result)
    assert "the rows of insights.tastings" in complaint(result)
    assert bench.windows() == book


def test_a_value_that_the_engine_cannot_work_out_costs_its_day_alone(tasted: Bench, tmp_path: Path) -> None:
    bench = tasted.copy(tmp_path)
    good = bench.rows("insights.tastings", f"delivered_on = '{DAY}'")
    odd = f"CAST(CASE WHEN delivered_on = DATE '{DAY}' THEN '4 points of anna' ELSE '7' END AS INTEGER)"
    asset = gated_asset(
        TASTINGS,
        lambda _: Rows(f"SELECT delivered_on, 'zoe' AS name, 'white' AS tea, {odd} AS points FROM asked"),
        calendar=Calendar.of(bench.shop),
        suite=[],
        kinds={"sql"},
    )
    result = bench.run("insights/tastings", first=BEFORE, last=NEXT, assets=[asset])
    said = complaint(result)
    assert f"insights.tastings: 1 of 3 partitions not published, their last good rows stay. {DAY}: its rows" in said
    assert f"\n{DAY}: Conversion Error: Could not convert string '9 xxxxxx xx xxxx' to INT32" in said
    assert bench.rows("insights.tastings", f"delivered_on = '{DAY}'") == good
    for day in (BEFORE, NEXT):
        assert [row["name"] for row in bench.rows("insights.tastings", f"delivered_on = '{day}'")] == ["zoe"]
    # Alone, or where every day has one, nothing of the step is there to be judged.
    said = complaint(bench.run("insights/tastings", first=DAY, assets=[asset]))
    assert f"{DAY}: Conversion Error" in said
    assert "what to do: correct the SQL or the source named above" in said


def test_rows_that_vanish_in_clean_are_noticed(spoilt: Bench) -> None:
    """An asset function that loses one line of a day, judged by the suite of the real one."""
    shop, table = spoilt.shop, CONTRACT["orders"]

    def forgetful(work: Work) -> Rows:
        rows = fact_rows(table, work)
        return Rows(
            f"SELECT * FROM ({rows.relation}) WHERE order_id <> 'd11'", figures=rows.figures, beside=rows.beside
        )

    asset = gated_asset(
        table.clean, forgetful, calendar=Calendar.of(shop), reads=[table.raw], suite=facts(shop, table), kinds={"sql"}
    )
    result = spoilt.run("clean/orders", first="2024-02-01", last="2024-02-03", assets=[asset])
    rows, money = (f"clean/orders:every_delivered_{what}_is_accounted_for" for what in ("row", "cent"))
    found = failures(result)
    assert set(found) == {rows, money}
    assert found[rows]["values"] == {"2024-02-02": 1}
    assert found[money]["values"] == {"2024-02-02": 11}
    assert spoilt.query("SELECT count(*) FROM clean.orders WHERE order_id = 'd11'") == [(1,)]


def test_a_day_far_larger_or_smaller_than_its_weekday_is_not_believed(tmp_path: Path) -> None:
    """Five weeks of twenty lines a day; then a Tuesday of a thousand and a Wednesday cut off after half a line."""
    bench = Bench(tmp_path)
    text = STORE[: STORE.index("sources:")].replace("history_on: 2024-01-17\n", "").replace("2024-02-04", "2024-02-14")
    text += 'sources: {order_lines: {path: "orders/{date}.csv"}}\ntables: {orders: SELECT * FROM order_lines}\nlimits: {volume_low: 0.05}\n'
    write_store(bench.store, text)
    start = date(2024, 1, 1)
    for number in range(45):
        day = start + timedelta(days=number)
        count = {date(2024, 2, 13): 1000, date(2024, 2, 14): 0, date(2024, 1, 10): 1}.get(day, 20)
        rows = [line(f"{day}-{n}", "anna", f"{day} 10:00:00") for n in range(count)]
        write_rows(bench.store / "orders" / f"{day}.csv", COLUMNS["orders"], rows)
    result = bench.run("raw/orders", first=start, last="2024-02-14")
    (found,) = failures(result).values()
    assert found["values"] == {"2024-02-13": 50, "2024-02-14": 0}
    published = {row[0] for row in bench.query("SELECT partition_key FROM ops.windows")}
    # The small day of the second week had too few days before it to be judged by.
    assert published == {(start + timedelta(days=n)).isoformat() for n in range(43)}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "source order_lines has no file for 2024-01-31"),
        (lambda path: path.write_bytes(bytes(range(256)) * 40), "the file is not text"),
        (
            lambda path: path.write_text("order_id,line_no\nd10,1\n"),
            "required columns are not mapped: product_id, quantity, ordered_at",
        ),
        (lambda path: path.write_text(""), "deliver it with a header, and no rows for a day on which nothing happened"),
    ],
    ids=["no file", "no text", "a column missing", "empty"],
)
def test_a_delivery_that_cannot_be_read_refuses_its_day_alone(
    unrun: Bench, spoil: Callable[[Path], object], said: str
) -> None:
    assert unrun.run("raw/orders", first=DAY).success
    good = unrun.rows("raw.orders")
    spoil(unrun.file("orders", DAY))
    result = unrun.run("raw/orders", first=BEFORE, last="2024-02-02")
    (name,) = failures(result)
    assert name == "raw/orders:every_file_was_delivered_and_could_be_read"
    assert list(failures(result)[name]["values"]) == [DAY]
    assert said in complaint(result)
    assert unrun.rows("raw.orders", f"delivered_on = '{DAY}'") == good
    assert unrun.query("SELECT partition_key FROM ops.windows WHERE table_name = 'raw.orders' ORDER BY 1") == [
        (BEFORE,), (DAY,), (NEXT,), ("2024-02-02",)
    ]  # fmt: skip


def test_a_day_mostly_in_quarantine_is_not_believed_and_its_last_good_rows_stay(spoilt: Bench) -> None:
    spoilt.deliver("orders", DAY, *(line(f"w{n}", "bob", "2024-02-30 10:00:00") for n in range(12)))
    good = {
        table: spoilt.rows(table, f"delivered_on = '{DAY}'")
        for table in ("clean.orders", "clean.quarantine", "features.customer_days")
    }
    assert spoilt.run("raw/orders", first=DAY).success
    result = spoilt.run("clean/orders", first=BEFORE, last=NEXT)
    name = "clean/orders:few_rows_are_in_quarantine"
    # Its last good rows are those of the file before.
    assert set(failures(result)) == {name, "clean/orders:every_partition_is_up_to_date"}
    sample = failures(result)[name]["sample"]
    assert {row["reason"] for row in sample} == {"ordered_at cannot be read as TIMESTAMP"}
    # The check, and the command that prints why a step failed, finish the sentence.
    said = (
        f"{DAY}: 100 % of the rows (limit 90 %) are in quarantine, e.g. ordered_at cannot be read as TIMESTAMP; "
        f"file …/orders/{DAY}.csv."
    )
    assert failures(result)[name]["description"] == said
    assert said in complaint(result)
    assert failures(result)[name]["value"] == 1
    assert failures(result)[name]["file"] == str(spoilt.file("orders", DAY))
    for table, rows in good.items():
        assert spoilt.rows(table, f"delivered_on = '{DAY}'") == rows, table
    # Whatever is run next, alone, sees the good rows only, and refuses what rests on the bad day.
    later = spoilt.run("features/customer_days", first=DAY)
    name = "features/customer_days:its_inputs_are_there_and_up_to_date"
    assert set(failures(later)) == {name, "features/customer_days:every_partition_is_up_to_date"}
    assert failures(later)[name]["missing"] == {DAY: [f"clean.orders {DAY}"]}


def test_a_week_with_a_missing_day_is_refused_and_the_day_named(unrun: Bench) -> None:
    gone = "2024-01-25"
    unrun.file("orders", gone).unlink()
    changes = [f"{stage}/{name}" for stage in ("raw", "clean") for name in ("customers", "products", "links")]
    unrun.run(*changes)
    for step in ("raw/orders", "raw/events", "clean/orders", "clean/events", "features/customer_days"):
        unrun.run(step, first=FIRST, last=LAST)
    result = unrun.run("features/customers", first="2024-01-08", last="2024-02-05")
    found = failures(result)["features/customers:its_inputs_are_there_and_up_to_date"]
    # Later weeks rest on the missing day too.
    assert f"2024-01-29 waits for features.customer_days {gone}" in found["description"]
    assert found["description"] in complaint(result)
    assert list(found["missing"]) == ["2024-01-29", "2024-02-05"]
    for inputs in found["missing"].values():
        assert f"features.customer_days {gone}" in inputs
        assert {text.split()[1] for text in inputs} == {gone}
    assert unrun.query("SELECT DISTINCT as_of FROM features.customers ORDER BY 1") == [
        (date(2024, 1, 8),), (date(2024, 1, 15),), (date(2024, 1, 22),)
    ]  # fmt: skip


def test_weeks_older_than_those_kept_are_left_out_of_a_range_and_refused_alone(spoilt: Bench) -> None:
    store = spoilt.store / "store.yaml"
    store.write_text(store.read_text("utf-8") + "retention: {weeks: 2}\n", "utf-8")
    result = spoilt.run_weeks(WEEKS[0])
    assert result.success
    for table in ("features.customers", "features.identities"):
        assert spoilt.query(f"SELECT DISTINCT as_of FROM {table} ORDER BY 1") == [(week,) for week in WEEKS[-2:]]
    notes = [
        event.materialization.metadata["not_kept"].value
        for event in result.get_asset_materialization_events()
        if "not_kept" in event.materialization.metadata
    ]
    assert set(notes) == {"3 weeks before 2024-01-29 are older than the 2 that are kept"}
    alone = spoilt.run("features/customers", first=WEEKS[0], last=WEEKS[1])
    assert not alone.success
    assert "before 2024-01-29, older than the 2 that are kept" in complaint(alone)
    assert "retention.weeks" in complaint(alone)
