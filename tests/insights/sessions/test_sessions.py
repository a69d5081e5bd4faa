"""Sessions of the tea house: where one begins and ends, what counts in it, and whether a purchase ended it."""

from datetime import date

import pytest

from assets.insights.sessions.reads import sessions
from tests.shop_builder import Bench, event, line

DAY = "2024-01-30"


@pytest.fixture(scope="module")
def visited(delivered: Bench, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    bench = delivered.copy(tmp_path_factory.mktemp("visited"))
    bench.deliver(
        "events",
        DAY,
        # A session of 31 minutes with a purchase, and what is done after it.
        event("s1", "bob", "view", f"{DAY} 09:00:00", product_id="tea"),
        event("s2", "bob", "view", f"{DAY} 09:20:00", product_id="cup"),
        event("s3", "bob", "cart", f"{DAY} 09:25:00", product_id="cup"),
        event("s4", "bob", "view", f"{DAY} 09:31:00", product_id="pot"),
        event("s5", "bob", "favorite", f"{DAY} 09:31:30", product_id="pot"),
        # Half an hour later another one begins; nothing is bought within it.
        event("s6", "bob", "view", f"{DAY} 10:01:30", product_id="tea"),
        event("s7", "bob", "impression", f"{DAY} 10:20:00", product_id="tea"),
        # A purchase that comes later than the pause is not the session's.
        event("s8", "cara", "cart", f"{DAY} 12:00:00", product_id="tea"),
        # Joined to anna by a link: her purchase history and his session.
        event("s9", "aaron", "view", f"{DAY} 23:59:00", product_id="tea"),
        # A reseller's pallet is no sale: it ends no session in a purchase and is no earlier order.
        event("s11", "erin", "view", f"{DAY} 16:00:00", product_id="tea"),
        event("s12", "erin", "view", f"{DAY} 18:00:00", product_id="tea"),
    )
    bench.deliver("events", "2024-01-31", event("s10", "aaron", "view", "2024-01-31 00:10:00", product_id="cup"))
    bench.deliver(
        "orders",
        DAY,
        line("n1", "bob", f"{DAY} 09:30:00", product_id="cup"),
        line("n2", "cara", f"{DAY} 12:30:00"),
        line("n3", "erin", f"{DAY} 16:05:00", 10_000),
    )
    assert bench.run_days().success
    return bench


def seen(bench: Bench, since: date, until: date) -> dict[tuple[str, str], dict[str, object]]:
    with bench.warehouse().opened() as warehouse:
        frame = sessions(warehouse, since, until)
    return {
        (row["customer_id"], str(row["started_at"])[11:16]): row
        for row in frame.astype(object).where(frame.notna(), None).to_dict("records")
    }


def test_a_session_ends_with_a_pause_and_is_described_before_its_purchase(visited: Bench) -> None:
    """The shop's nine o'clock is one o'clock UTC."""
    found = seen(visited, date(2024, 1, 29), date(2024, 2, 5))
    assert set(found) >= {("bob", "01:00"), ("bob", "02:01"), ("cara", "04:00")}
    bought = found["bob", "01:00"]
    assert bought["has_purchased"]
    assert (bought["view_count"], bought["cart_count"], bought["favorite_count"]) == (2, 1, 0)
    assert (bought["event_count"], bought["product_count"], bought["seconds"]) == (3, 2, 25 * 60)
    after = found["bob", "02:01"]
    assert not after["has_purchased"]
    assert (after["event_count"], after["earlier_session_count"]) == (1, 1)
    assert after["order_count"] == bought["order_count"] + 1
    assert (bought["since_order_days"], after["since_order_days"]) == (11, 0)
    assert not found["cara", "04:00"]["has_purchased"]


def test_a_line_that_is_no_sale_ends_no_session(visited: Bench) -> None:
    found = seen(visited, date(2024, 1, 29), date(2024, 2, 5))
    assert not found["erin", "08:00"]["has_purchased"]
    assert found["erin", "10:00"]["order_count"] == 0
    assert found["erin", "10:00"]["since_order_days"] is None


def test_a_session_over_midnight_is_one_and_belongs_to_the_person(visited: Bench) -> None:
    found = seen(visited, date(2024, 1, 29), date(2024, 2, 5))
    night = found["aaron", "15:59"]
    assert (night["person_id"], night["event_count"], night["product_count"]) == ("anna", 2, 2)
    assert str(night["started_on"])[:10] == DAY


def test_only_what_was_known_before_the_week_counts(visited: Bench) -> None:
    """As of 29 January nothing of the 30th is there, nor the event of the 18th that was told twice counted twice."""
    found = seen(visited, date(2024, 1, 15), date(2024, 1, 29))
    assert {str(row["started_on"])[:10] for row in found.values()} == {"2024-01-18", "2024-01-26"}
    (first,) = [row for (account, at), row in found.items() if (account, at) == ("anna", "02:00")]
    assert (first["event_count"], first["view_count"]) == (3, 3)
