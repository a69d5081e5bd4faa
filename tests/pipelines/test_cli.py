"""The command: what it runs, what it says, and with which code it ends."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from typing import Any

import duckdb
import pytest

from resources.money import amount
from tests.pipelines.corner import (
    BAD_DAY,
    BUYERS,
    FIRST,
    LAST,
    WEEKS,
    Said,
    environment,
    orders_of,
    run,
    shell,
    spoil,
    zhike,
)
from tests.shop_builder import Bench, days, line

DAYS = len(days(FIRST, LAST))
PUBLISHED = {
    "raw/orders": DAYS, "clean/orders": DAYS, "features/customer_days": DAYS, "features/customers": 3,
    "insights/segments": 3, "insights/segment_profiles": 3, "insights/segment_moves": 3,
    "insights/rfm": 3, "insights/rfm_profiles": 3, "insights/rfm_moves": 3,
    "insights/clv": 3, "insights/cohorts": 3, "insights/forecasts": 3, "insights/forecast_backtests": 3,
    "insights/predictions": 3, "insights/prediction_backtests": 3, "insights/prediction_drift": 3,
    "insights/recommendations": 3, "insights/profiles": 3, "insights/similar_products": 3, "insights/bought_together": 3,
    "insights/forecast_totals": 3, "insights/forecast_agreement": 3, "insights/customer_360": 3,
    "outreach/alerts": 3, "outreach/snapshot": 1, "outreach/report": 1,
}  # fmt: skip
# What a test runs that asks for no insight in particular.
SPINE = (
    "raw/orders", "clean/orders", "features/customer_days", "features/customers",
    "insights/segments", "insights/segment_profiles", "insights/segment_moves", "outreach/snapshot",
)  # fmt: skip
HOLDER = """
import sys
from resources.money import amount
from resources.warehouse import Warehouse
with Warehouse(store=sys.argv[1], home=sys.argv[2]).opened("the-other-run"):
    print("held", flush=True)
    sys.stdin.readline()
"""


def select(*names: str) -> list[str]:
    return [argument for name in names for argument in ("--select", name)]


def store(bench: Bench) -> list[str]:
    return ["--store", str(bench.store)]


def weeks_of(bench: Bench, table: str) -> list[str]:
    return [str(week) for (week,) in bench.query(f"SELECT DISTINCT as_of FROM {table} ORDER BY as_of")]


def words(text: str) -> str:
    """Printed text without the frames and breaks of the terminal."""
    return " ".join(re.sub(r"[─-╿]", " ", text).split())


# run


def test_a_bare_run_covers_all_days_and_the_weeks_that_are_kept(first_run: tuple[Bench, Said]) -> None:
    bench, said = first_run
    assert said.code == 0, said.err
    assert (said.json["published"], said.json["failures"]) == (PUBLISHED, [])
    # The shop is small: what cannot be said is said. Its sales repeat so evenly that intervals hold nothing and that all its
    # customers come to be of one segment.
    early = [text.partition(": ")[0] for text in said.json["warnings"] if "not enough history" in text]
    assert sorted(early) == [
        f"insights/{name}" for name in ("clv", "prediction_drift", "predictions", "recommendations")
    ]
    odd = {text.partition(": ")[0] for text in said.json["warnings"] if "does not hold" in text}
    assert odd == {"insights/forecast_backtests", "insights/segments"}
    assert len(said.json["warnings"]) == len(early) + 3
    assert bench.query("SELECT count(DISTINCT delivered_on) FROM features.customer_days") == [(DAYS,)]
    assert weeks_of(bench, "features.customers") == weeks_of(bench, "insights.segments") == WEEKS


def test_a_run_prints_its_tables(corner: Bench) -> None:
    said = run(corner, "--from", str(LAST), "--to", str(LAST), *select(*SPINE))
    assert said.code == 0, said.err
    assert "Corner shop · 街角小店" in said.out
    for name in SPINE:
        # The snapshot is the last step of both jobs.
        assert re.search(rf"{name}\W+{2 if name == 'outreach/snapshot' else 1}\b", said.out), name


def test_days_asked_for_are_the_days_that_run(new_corner: Bench) -> None:
    said = run(new_corner, "--json", "--from", str(FIRST), "--to", "2024-01-22", *select(*SPINE))
    assert said.code == 0, said.err
    assert said.json["published"]["clean/orders"] == 6
    assert new_corner.query("SELECT max(delivered_on) FROM clean.orders") == [(date(2024, 1, 22),)]
    # Monday's day is not yet part of a week.
    assert weeks_of(new_corner, "features.customers") == ["2024-01-08", "2024-01-15", "2024-01-22"]


def test_one_week_and_one_asset_asked_for_are_all_that_runs(new_corner: Bench) -> None:
    said = run(new_corner, "--json", *select("raw/orders", "clean/orders", "features/customer_days"))
    assert said.json["published"] == dict.fromkeys(("raw/orders", "clean/orders", "features/customer_days"), DAYS)
    said = run(new_corner, "--json", "--as-of", WEEKS[1], "--select", "features.customers")
    assert said.code == 0, said.err
    assert said.json["published"] == {"features/customers": 1}
    assert weeks_of(new_corner, "features.customers") == [WEEKS[1]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--as-of", "2024-01-23"], "2024-01-23 is not one of the shop's Mondays"),
        (["--as-of", "2024-02-12"], "2024-02-12 is not one of the shop's Mondays"),
        (["--as-of", "Monday"], "'Monday' is no date such as 2026-01-31"),
        (["--from", "2024-13-01"], "'2024-13-01' is no date such as 2026-01-31"),
        (["--select", "raw/orders", "--select", "raw/parrots"], "no asset raw/parrots"),
        (["--verbose"], "No such option"),
    ],
)
def test_what_cannot_be_asked_for_ends_with_2_and_runs_nothing(
    new_corner: Bench, arguments: list[str], said: str
) -> None:
    found = run(new_corner, *arguments)
    assert (found.code, found.out) == (2, "")
    assert said in words(found.err)
    assert not (new_corner.place / "warehouse.duckdb").exists()


@pytest.mark.parametrize(
    "arguments", [["--from", "2024-01-16"], ["--to", "2024-01-29"], ["--from", str(LAST), "--to", str(FIRST)]]
)
def test_days_that_are_not_the_shops_are_told_with_those_that_are(new_corner: Bench, arguments: list[str]) -> None:
    said = run(new_corner, *arguments)
    assert said.code == 1
    assert "are not the shop's" in said.err
    assert f"{FIRST} to {LAST}" in said.err


def test_the_version_is_that_of_the_package(new_corner: Bench) -> None:
    said = zhike(new_corner, "--version")
    assert (said.code, said.out) == (0, f"zhike {version('zhike')}\n")


def test_an_unknown_shop_ends_with_1_and_says_what_to_do(new_corner: Bench) -> None:
    """As the shell sees it: no stack trace, and nothing on standard output."""
    done = shell(["-m", "pipelines.cli", "run", "--store", "parrots"], env=environment(ZHIKE_HOME=str(new_corner.home)))
    assert (done.returncode, done.stdout) == (1, "")
    what, where, remedy = done.stderr.strip().splitlines()
    assert what == "there is no shop 'parrots'"
    assert re.match(r"  where: .*parrots/store\.yaml$", where)
    assert re.match(r"  what to do: use one of demo, .*online_retail", remedy)


# A bad day


@pytest.fixture(scope="module")
def bad(opened: Bench, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, Said]:
    """The shop with a day that is not to be believed, after a run. Not to be changed."""
    bench = opened.copy(tmp_path_factory.mktemp("bad"))
    spoil(bench)
    return bench, run(bench, *select(*SPINE))


def test_a_bad_day_fails_the_run_and_is_named_with_its_rule(bad: tuple[Bench, Said]) -> None:
    _, said = bad
    assert said.code == 1
    assert f"clean.orders: 1 of {DAYS} partitions not published" in said.err
    assert f"{BAD_DAY}: few_rows_are_in_quarantine" in said.err
    assert f"features.customer_days: 1 of {DAYS} partitions not published" in said.err
    assert f"features.customers: 1 of 3 partitions not published, their last good rows stay. {WEEKS[-1]}" in said.err
    assert re.search(rf"clean/orders\W+{DAYS - 1}\b", said.out)


def test_a_bad_day_holds_back_only_what_rests_on_it(bad: tuple[Bench, Said]) -> None:
    bench, _ = bad
    there = {str(day) for (day,) in bench.query("SELECT DISTINCT delivered_on FROM features.customer_days")}
    assert there == {day.isoformat() for day in days(FIRST, LAST)} - {BAD_DAY}
    for table in ("features.customers", "insights.segments", "insights.segment_profiles", "insights.segment_moves"):
        assert weeks_of(bench, table) == WEEKS[:2], table
    ((as_of,),) = [bench.query("SELECT max(partition_key) FROM ops.windows WHERE table_name = 'insights.segments'")[0]]
    assert zhike(bench, "status", *store(bench), "--json").json["snapshot"]["as_of"] == as_of == WEEKS[1]


def test_status_says_what_failed_and_why(bad: tuple[Bench, Said]) -> None:
    """The last of the runs that the command made was fine; that is no reason to be silent."""
    bench, _ = bad
    said = zhike(bench, "status", *store(bench), "--json")
    assert said.code == 0
    why = [failure["why"] for failure in said.json["failures"]]
    assert {failure["job"] for failure in said.json["failures"]} == {"daily", "weekly"}
    assert any(f"{BAD_DAY}: few_rows_are_in_quarantine" in text for text in why), why
    shown = words(zhike(bench, "status", *store(bench)).out)
    assert "Failed daily run" in shown
    assert f"{BAD_DAY}: few_rows_are_in_quarantine" in shown


def test_the_corrected_day_brings_the_rest(bad: tuple[Bench, Said], tmp_path_factory: pytest.TempPathFactory) -> None:
    bench = bad[0].copy(tmp_path_factory.mktemp("corrected"))
    bench.deliver("orders", BAD_DAY, *orders_of(date.fromisoformat(BAD_DAY)))
    said = run(bench, "--json", "--from", BAD_DAY, *select(*SPINE))
    assert said.code == 0, said.err
    assert weeks_of(bench, "insights.segments") == WEEKS
    found = zhike(bench, "status", *store(bench), "--json").json
    assert (found["failures"], found["snapshot"]["as_of"]) == ([], WEEKS[-1])


# status, customer, check


def test_status_lists_tables_with_their_first_and_newest_partition(corner: Bench) -> None:
    found = zhike(corner, "status", *store(corner), "--json").json
    tables = {row["table"]: row for row in found["tables"]}
    assert set(tables) == {name.replace("/", ".") for name in PUBLISHED} - {"outreach.snapshot", "outreach.report"}
    assert tables["raw.orders"] == {
        "table": "raw.orders", "first": str(FIRST), "newest": str(LAST), "partitions": DAYS, "stale": 0, "older": 0,
        "rows": corner.query("SELECT count(*) FROM raw.orders")[0][0],
    }  # fmt: skip
    assert tables["insights.segments"]["rows"] == 3 * BUYERS
    assert (found["failures"], found["held_by"], found["snapshot"]["as_of"]) == ([], None, WEEKS[-1])
    assert found["snapshot"]["row_counts"]["insights.segments"] == 3 * BUYERS
    shown = zhike(corner, "status", *store(corner)).out
    assert re.search(rf"insights\.segments\W+{WEEKS[0]}\W+{WEEKS[-1]}\W+3\W+180", shown)
    assert "as of 2024-01-29" in shown


def test_status_counts_what_is_stale(corner: Bench) -> None:
    """A day delivered again and run in part: what rests on it is known to be old."""
    corner.deliver("orders", "2024-01-23", *orders_of(date(2024, 1, 23), price=90))
    assert run(corner, "--select", "raw/orders", "--from", "2024-01-23", "--to", "2024-01-23").code == 0
    found = zhike(corner, "status", *store(corner), "--json").json
    stale = {row["table"]: row["stale"] for row in found["tables"]}
    assert (stale["raw.orders"], stale["clean.orders"], stale["features.customer_days"]) == (0, 1, 1)
    assert {stale[name] for name in ("features.customers", "insights.segments", "insights.segment_moves")} == {1}
    assert "Stale: an input changed since" in words(zhike(corner, "status", *store(corner)).out)
    assert run(corner, "--from", "2024-01-23", *select(*SPINE)).code == 0
    found = zhike(corner, "status", *store(corner), "--json").json
    assert {row["stale"] for row in found["tables"] if row["table"].replace(".", "/") in SPINE} == {0}


def test_status_counts_what_older_code_made_until_a_run_makes_it_again(corner: Bench) -> None:
    with duckdb.connect(str(corner.place / "warehouse.duckdb")) as connection:
        connection.execute("UPDATE ops.windows SET code_version = 'older' WHERE table_name = 'features.customers'")
    found = zhike(corner, "status", *store(corner), "--json").json
    assert {row["table"]: row["older"] for row in found["tables"] if row["older"]} == {"features.customers": len(WEEKS)}
    assert "Older code: made before Zhike was upgraded" in words(zhike(corner, "status", *store(corner)).out)
    assert run(corner, *select("features/customers")).code == 0
    found = zhike(corner, "status", *store(corner), "--json").json
    assert not any(row["older"] or row["stale"] for row in found["tables"])


def test_status_of_a_shop_that_never_ran_says_so(new_corner: Bench) -> None:
    said = zhike(new_corner, "status", *store(new_corner))
    assert said.code == 0
    assert "Nothing has been run yet: zhike run" in said.out


def test_customer_prints_features_and_segment(corner: Bench) -> None:
    found = zhike(corner, "customer", "c05", *store(corner), "--json").json
    (expected,) = corner.rows("features.customers", f"as_of = '{WEEKS[-1]}' AND person_id = 'c05'")
    assert found["customers"] == [{name: _printed(value) for name, value in expected.items()}]
    (segment,) = corner.rows("insights.segments", f"as_of = '{WEEKS[-1]}' AND person_id = 'c05'")
    assert found["segments"][0]["segment_en"] == segment["segment_en"]
    shown = zhike(corner, "customer", "c05", *store(corner))
    assert shown.code == 0
    # In the language of the shop alone.
    assert f"c05 · Corner shop · {WEEKS[-1]}" in shown.out
    assert segment["label_en"] in shown.out
    assert segment["label_zh"] not in shown.out
    past = f"{expected['frequency']} purchases since {expected['first_purchase_on']}, the latest on {expected['last_purchase_on']}"
    assert past in words(shown.out)
    assert f"spent {amount(float(expected['spend']), 'CNY').en} so far" in words(shown.out)


def test_the_card_lists_the_last_orders(corner: Bench) -> None:
    newest = corner.query(
        "SELECT order_id, ordered_on, CAST(sum(quantity * unit_price) AS DOUBLE) FROM clean.orders WHERE customer_id = 'c05' "
        "GROUP BY ALL ORDER BY ordered_on DESC, order_id LIMIT 3"
    )
    shown = words(zhike(corner, "customer", "c05", *store(corner)).out)
    said = " ".join(f"{day} {order_id} {amount(spend, 'CNY').en} tea" for order_id, day, spend in newest)
    assert f"Last orders {said}" in shown


def _printed(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def test_customers_that_nobody_knows_are_said(corner: Bench, new_corner: Bench) -> None:
    said = zhike(corner, "customer", "nobody", *store(corner))
    assert (said.code, said.out) == (1, "")
    assert "no customer 'nobody' in the newest week" in said.err


def test_customer_of_a_shop_that_never_ran_says_what_to_do(new_corner: Bench) -> None:
    said = zhike(new_corner, "customer", "c05", *store(new_corner))
    assert said.code == 1
    assert "nothing is published yet" in said.err
    assert "what to do: run the shop first: zhike run" in said.err


def test_check_finds_nothing_wrong_with_the_shop(new_corner: Bench) -> None:
    said = zhike(new_corner, "check", str(new_corner.store), "--json")
    assert said.code == 0, said.out
    assert not [finding for finding in said.json if finding["level"] == "error"]


def test_check_prints_what_does_not_fit_and_ends_with_1(new_corner: Bench) -> None:
    path = new_corner.store / "store.yaml"
    path.write_text(path.read_text("utf-8").replace("FROM order_lines", "EXCLUDE (quantity) FROM order_lines"), "utf-8")
    said = zhike(new_corner, "check", str(new_corner.store))
    assert said.code == 1
    assert "quantity" in said.out
    found = zhike(new_corner, "check", str(new_corner.store), "--json")
    assert found.code == 1
    assert any(finding["level"] == "error" and "quantity" in str(finding) for finding in found.json)
    assert not (new_corner.place / "warehouse.duckdb").exists(), "nothing is written"


# Two at once


@contextmanager
def held(bench: Bench) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the warehouse until it is written a line."""
    arguments = [sys.executable, "-c", HOLDER, str(bench.store), str(bench.home)]
    holder = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment())
    try:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        yield holder
    finally:
        holder.kill()
        holder.wait()


def test_a_second_command_waits_for_the_first(corner: Bench) -> None:
    arguments = [*store(corner), "--json", "--as-of", WEEKS[-1], *select("features/customers")]
    command = [sys.executable, "-m", "pipelines.cli", "run", *arguments]
    with held(corner) as holder:
        second = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(ZHIKE_HOME=str(corner.home)),
        )
        try:
            time.sleep(6)
            assert second.poll() is None, "it waits"
            holder.communicate("\n", timeout=30)
            out, err = second.communicate(timeout=90)
        finally:
            second.kill()
    assert second.returncode == 0, err
    assert '"features/customers": 1' in out


def test_status_says_who_holds_the_warehouse(corner: Bench) -> None:
    with held(corner) as holder:
        said = zhike(corner, "status", *store(corner), "--json")
    assert said.code == 0
    assert said.json["held_by"] == f"the warehouse is held by run the-other-run (process {holder.pid}); waited 1 s"
    assert said.json["tables"] == []


def test_a_line_that_is_not_the_shops_currency_is_counted_not_lost(new_corner: Bench) -> None:
    """One bad line among many lets its day through; it is in quarantine with its reason."""
    bad_line = line("usd", "c01", "2024-01-20 10:00:00", currency="USD")
    new_corner.deliver("orders", "2024-01-20", *orders_of(date(2024, 1, 20)), bad_line)
    said = run(new_corner, "--json", "--to", "2024-01-20", "--select", "raw/orders", "--select", "clean/orders")
    assert said.code == 0, said.err
    ((reason,),) = new_corner.query("SELECT reason FROM clean.quarantine")
    assert "currency" in reason
