"""What a check says when it is done: partition, figure as people read it, limit, example, file."""

from typing import Any

import pytest

from data_checks.gate.expectation import Expectation, no_row, share_of_rows
from data_checks.gate.telling import Judged, sample_of, waiting
from resources.contract import CONTRACT

UNKNOWN = share_of_rows("few_rows_name_an_unknown_product", "product_id NOT IN (FROM known)", 0.2, "why")
POINTS = no_row("points_are_0_to_10", "points NOT BETWEEN 0 AND 10", "why")
NAMES = no_row("every_name_is_given", "name IS NULL", "why")
MONEY = Expectation("every_cent_is_there", "why", "money", at_least=-0.005, at_most=0.005, unit="money")
VOLUME = Expectation("the_day_is_as_large_as_usual", "why", "volume", at_least=0.05, at_most=20, unit="times")
TYPICAL = Expectation("a_name_is_true_of_most_members", "why", "typical", at_least=0.66, unit="share")
OUTSIDE = Expectation("few_days_lie_outside_the_interval", "why", "inside", at_least=0.8, unit="share")
FILE = "…/2026-03-01/orders.parquet"
DAY, NEXT = "2026-03-01", "2026-03-02"


def judged(expectation: Expectation, figures: dict[str, float | None], *failed: str, **row: Any) -> Judged:
    return Judged(expectation, figures, failed, [row] if row else [], "CNY")


@pytest.mark.parametrize(
    ("found", "file", "said"),
    [
        (
            judged(UNKNOWN, {DAY: 0.471}, DAY, order_id="o1", product_id="SKU-p0223"), FILE,
            f"{DAY}: 47.1 % of the rows (limit 20 %) name an unknown product, e.g. product_id SKU-p0223; file {FILE}.",
        ),
        # The figure is told with as many digits as it takes to see that it is beyond the limit.
        (judged(UNKNOWN, {DAY: 0.20004}, DAY), None, f"{DAY}: 20.004 % of the rows (limit 20 %) name an unknown product."),
        (
            judged(POINTS, {DAY: 1.0, NEXT: 3.0}, DAY, NEXT, name="•••", points="11"), None,
            f"{NEXT}: 3 rows break the rule “points are 0 to 10” (none allowed), e.g. points 11. The same in 1 more: {DAY}.",
        ),
        # Neither a masked value nor an empty one is an example.
        (
            judged(NAMES, {"all": 1.0}, "all", name=None, tea="green"), None,
            "1 row breaks the rule “every name is given” (none allowed).",
        ),
        (judged(NAMES, {DAY: 1.0}, DAY, name="•••"), None, f"{DAY}: 1 row breaks the rule “every name is given” (none allowed)."),
        (judged(MONEY, {DAY: -1234.5}, DAY), None, f"{DAY}: “every cent is there” does not hold: -1,234.50 CNY (must be 0)."),
        (
            judged(VOLUME, {DAY: 0.0, NEXT: 50.0}, DAY, NEXT), None,
            f"{NEXT}: “the day is as large as usual” does not hold: 50 × (from 0.05 × to 20 ×). The same in 1 more: {DAY}.",
        ),
        # “Few” names the share that is judged only where that has an upper limit.
        (
            judged(OUTSIDE, {DAY: 0.6}, DAY), None,
            f"{DAY}: “few days lie outside the interval” does not hold: 60 % (at least 80 %).",
        ),
        (
            judged(TYPICAL, {DAY: 0.6}, DAY), None,
            f"{DAY}: “a name is true of most members” does not hold: 60 % (at least 66 %).",
        ),
    ],
)  # fmt: skip
def test_a_broken_expectation_is_a_sentence(found: Judged, file: str | None, said: str) -> None:
    assert found.failure(file) == said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (judged(UNKNOWN, {DAY: 0.01, NEXT: 0.03}), f"At worst 3 % in {NEXT}, of 2 partitions (limit 20 %)."),
        (judged(UNKNOWN, {DAY: 0.01}), f"1 % in {DAY} (limit 20 %)."),
        (judged(TYPICAL, {DAY: 0.9, NEXT: 0.7}), f"At worst 70 % in {NEXT}, of 2 partitions (at least 66 %)."),
        (judged(POINTS, {DAY: 0.0, NEXT: 0.0}), "No row breaks it in 2 partitions."),
        (judged(UNKNOWN, {DAY: None}), "No verdict: there was too little to judge by, or nothing."),
    ],
)
def test_one_that_holds_says_how_near_it_came(found: Judged, said: str) -> None:
    assert found.passed() == said


def test_a_partition_says_what_it_waits_for() -> None:
    lacking = {"2026-03-09": ["features.customer_days 2026-03-05", "features.customer_days 2026-03-06"]}
    assert waiting(["2026-03-09", "2026-03-16"], lacking) == (
        "2026-03-09 waits for features.customer_days 2026-03-05 and 1 more: not published, or changed inputs since. Run that first. "
        "The same in 1 more: 2026-03-16."
    )


def test_a_sample_has_room_on_a_page_and_shows_what_is_wrong() -> None:
    table = CONTRACT["orders"].clean
    row = dict.fromkeys(table.column_names, "1")
    (shown,) = sample_of(table, UNKNOWN, [row])
    assert list(shown) == [name for name in table.column_names if name in shown]
    assert len(shown) == 6
    assert {*table.key, "product_id"} <= set(shown)
    set_aside = {"source_table": "orders", "delivered_on": DAY, "row_no": "1", "reason": "no date", "row": "{}"}
    assert sample_of(table, UNKNOWN, [set_aside]) == [set_aside]
