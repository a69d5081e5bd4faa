"""Who is erased is gone from all tables, and stays out when old days are read again; what was sold stays, and every sum holds."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.erasing.erase import Proof, erase
from pipelines.erasing.leaving import unfinished
from resources import wishes
from resources.erased import Tombstones
from resources.errors import ZhikeError
from resources.home import Home
from tests.resources.test_old_homes import older
from tests.shop_builder import EMAIL, LAST, Bench, failures, line

SOLD = """
    SELECT ordered_on, product_id, sum(sign * quantity), sum(sign * (quantity * unit_price - coalesce(discount, 0)))
    FROM clean.orders GROUP BY ALL ORDER BY ALL
"""
COUNTED = ("raw", "clean", "features")


def gone(bench: Bench, asked: str) -> list[Proof]:
    return erase(bench.shop, bench.home, asked)


def tables(bench: Bench) -> dict[str, list[dict[str, Any]]]:
    names = bench.query(
        "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE list_contains($1, schema_name) ORDER BY 1",
        [list(COUNTED)],
    )
    return {name: bench.rows(name) for (name,) in names}


def naming(bench: Bench, *ids: str) -> set[str]:
    """The tables in which one of some ids stands, alone or in a text."""
    found = tables(bench) | {"ops.windows": bench.rows("ops.windows"), "ops.erasures": bench.rows("ops.erasures")}
    return {
        name
        for name, rows in found.items()
        for row in rows
        for value in row.values()
        if any(value == each or f'"{each}"' in str(value) for each in ids)
    }


def stale(bench: Bench) -> list[tuple[Any, ...]]:
    return bench.query("SELECT table_name, partition_key FROM ops.windows WHERE is_stale ORDER BY ALL")


def test_a_person_with_all_accounts_is_gone_and_all_days_again_bring_nothing_back(spoilt: Bench) -> None:
    sold, order_ids = spoilt.query(SOLD), ("h0", "h1", "h2", "d1", "d5", "d10", "d11")
    assert naming(spoilt, "anna", "aaron", *order_ids)
    (proof,) = gone(spoilt, "aaron")
    assert proof.account_count == 2
    assert (
        proof.rows["clean.orders"]
        == spoilt.query("SELECT count(*) FROM clean.orders WHERE order_id LIKE 'guest-%'")[0][0]
    )
    assert naming(spoilt, "anna", "aaron", *order_ids) == set()
    assert spoilt.query(SOLD) == sold
    assert not stale(spoilt)
    before = tables(spoilt)

    days = spoilt.run_days()
    weeks = spoilt.run_weeks()
    # All that fails did so before: the dirt that the shop delivers.
    assert days.success and weeks.success, [*failures(days), *failures(weeks)]
    assert tables(spoilt) == before
    assert spoilt.query(SOLD) == sold
    assert not stale(spoilt)
    erased = spoilt.query(
        "SELECT source_table, sum(erased_count), bool_and(delivered_count > 0) FROM ops.erased_rows GROUP BY 1 ORDER BY 1"
    )
    # anna's and aaron's rows, of events also those that were set aside or repeated; their links to the desk's phone stay as nobody's.
    assert erased == [("customers", 3, True), ("events", 8, True), ("links", 2, True)]


def test_what_comes_later_of_them_stays_out_and_counts_as_erased(spoilt: Bench) -> None:
    gone(spoilt, "anna")
    day = LAST.isoformat()
    spoilt.deliver(
        "orders",
        day,
        line("n1", "anna", f"{day} 10:00:00", 1, 7),
        # An order of theirs again, without its account.
        line("d11", "", "2024-02-02 10:00:00", 2, 11),
        line("n2", "bob", f"{day} 10:00:00"),
    )
    event = {"event_id": "n3", "customer_id": "anna", "event_type": "view", "occurred_at": f"{day} 10:00:00"}
    spoilt.deliver("events", day, event, event | {"event_id": "n4", "customer_id": "bob"})
    assert spoilt.run_days(LAST).success
    assert naming(spoilt, "anna", "aaron", "n1", "n3", "d11") == set()
    booked = "SELECT sum(sign * quantity) FROM clean.orders WHERE ordered_on = '2024-02-02' AND product_id = 'tea'"
    assert spoilt.query(booked) == [(2,)]
    assert spoilt.query(
        "SELECT erased_count, delivered_count FROM ops.erased_rows WHERE delivered_on = $1", [LAST]
    ) == [(1, 2)]


def test_an_erasure_that_is_cut_off_leaves_a_home_that_opens_and_is_finished_by_the_next(spoilt: Bench) -> None:
    sold = spoilt.query(SOLD)
    # Where the warehouse is to be written anew there is something in the way.
    obstacle = spoilt.place / "warehouse.duckdb.rewritten"
    obstacle.mkdir()
    with pytest.raises((ZhikeError, OSError)):
        gone(spoilt, "anna")
    with spoilt.warehouse().opened():
        pass
    home = Home(spoilt.place)
    assert [leaving.accounts for leaving in unfinished(home)] == [("aaron", "anna")]
    assert Tombstones(home).holds("anna")
    # Nobody serves them meanwhile, and every run begins with those who wait.
    assert [each.account for each in wishes.waiting(home)] == ["anna"]
    obstacle.rmdir()
    (proof,) = gone(spoilt, "aaron")
    assert wishes.waiting(home) == []
    assert proof.rows["raw.customers"] == 3
    assert not unfinished(home)
    assert naming(spoilt, "anna", "aaron") == set()
    assert spoilt.query(SOLD) == sold
    written = Path(proof.file).read_text(encoding="utf-8")
    assert proof.proof_id in written
    assert not any(personal in written for personal in ("anna", "aaron", EMAIL))

    assert gone(spoilt, "aaron") == []
    # Nobody that is known; what comes of them later stays out.
    (unknown,) = gone(spoilt, EMAIL)
    assert unknown.rows == {}


def test_two_accounts_of_which_one_took_over_an_order_leave_one_line_of_a_guest(spoilt: Bench) -> None:
    sold = spoilt.query(SOLD)
    gone(spoilt, "dora")
    assert naming(spoilt, "cara", "dora", "h4") == set()
    before = tables(spoilt)
    assert spoilt.run_days().success
    assert tables(spoilt) == before
    assert spoilt.query(SOLD) == sold


def test_a_home_of_an_earlier_release_forgets_too(spoilt: Bench) -> None:
    older(spoilt)
    with duckdb.connect(str(spoilt.place / "warehouse.duckdb")) as connection:
        connection.execute("DROP TABLE ops.erased_rows")
        connection.execute("DROP TABLE ops.erasures")
    sold = spoilt.query(SOLD)
    gone(spoilt, "anna")
    assert naming(spoilt, "anna", "aaron") == set()
    assert spoilt.query(SOLD) == sold
    assert spoilt.run_days(date(2024, 1, 18)).success
    assert naming(spoilt, "anna", "aaron") == set()
