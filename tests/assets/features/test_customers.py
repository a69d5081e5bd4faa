"""features.customers and features.customer_days of the tea house, on numbers worked out by hand."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from assets.features.reads import customers_as_of
from assets.features.tables import CUSTOMER_DAYS
from resources.contract import CONTRACT
from tests.shop_builder import ORDERS, WEEKS, Bench, line

LATEST = date(2024, 2, 5)


def customer(bench: Bench, person: str, week: date) -> dict[str, Any]:
    (row,) = bench.rows("features.customers", f"person_id = '{person}' AND as_of = '{week}'")
    return row


def given(row: dict[str, Any], expected: dict[str, Any]) -> None:
    assert {name: row[name] for name in expected} == expected


def test_who_is_a_customer_in_which_week(tea_house: Bench) -> None:
    found = tea_house.query(
        "SELECT as_of, list(person_id ORDER BY person_id) FROM features.customers GROUP BY 1 ORDER BY 1"
    )
    assert [people for _, people in found] == [
        ["anna", "bob"],  # cara bought at midnight of the Monday itself
        ["anna", "bob", "cara"],
        ["anna", "bob", "cara"],
        ["anna", "bob", "cara", "dora", "erin"],  # dora by a correction, erin by an event
        ["anna", "bob", "cara", "erin"],  # dora has turned out to be cara
    ]


def test_anna_who_is_two_accounts_on_two_channels(tea_house: Bench) -> None:
    """Purchases on 2, 9, 13 and 18 January and 2 February by anna, on 31 January by aaron: gaps 7, 4, 5, 13, 2."""
    row = customer(tea_house, "anna", LATEST)
    given(row, {
        "account_count": 2,
        "first_purchase_on": date(2024, 1, 2), "last_purchase_on": date(2024, 2, 2),
        "recency_days": 3, "t_days": 34, "frequency": 6,
        # 50 + 10 + 10 + 12 + 4.5 + 11
        "spend": Decimal("97.5"), "monetary_value": 16.25,
        # 29 January to 4 February: aaron's and the last one.
        "purchases_7d": 2, "spend_7d": Decimal("15.5"),
        # 6 January on: all but the first.
        "purchases_30d": 5, "spend_30d": Decimal("47.5"),
        "purchases_90d": 6, "purchases_365d": 6, "spend_365d": Decimal("97.5"),
        "gap_mean_days": 6.2,
        "purchase_trend": 1.0,
        "returned_line_count": 0, "return_share": 0.0,
        # Seven lines, eight pieces, on six days.
        "lines_a_purchase": 1.166667, "items_a_purchase": 1.333333,
        # Since 30 January cups are drinks too.
        "category_count": 1, "channel_count": 2,
        "age_band": "30-39", "gender": "F", "region": "Shanghai", "tenure_days": 249,
    })  # fmt: skip
    squares = sum((gap - 6.2) ** 2 for gap in (7, 4, 5, 13, 2))
    assert row["gap_sd_days"] == pytest.approx((squares / 4) ** 0.5, abs=1e-6)
    assert row["recency_to_gap"] == pytest.approx(3 / 6.2, abs=1e-6)


def test_bob_who_brought_something_back(tea_house: Bench) -> None:
    given(customer(tea_house, "bob", date(2024, 1, 29)), {
        "recency_days": 10, "t_days": 22, "frequency": 2,
        # 30 + 20 - 10: the return counts on its own day and is no purchase.
        "spend": Decimal(40), "spend_7d": Decimal(-10), "purchases_7d": 0, "purchases_30d": 2,
        "returned_line_count": 1, "return_share": 0.333333,
        "gap_mean_days": 12.0, "gap_sd_days": None, "recency_to_gap": 0.833333,
        "category_count": 2, "age_band": "<20", "tenure_days": 22,
    })  # fmt: skip


def test_cara_whose_lines_were_corrected(tea_house: Bench) -> None:
    before = customer(tea_house, "cara", date(2024, 1, 22))
    given(before, {"frequency": 2, "spend": Decimal(35), "first_purchase_on": date(2024, 1, 8), "account_count": 1})
    # The line of the 8th was dora's all along; two pieces were bought on the 28th.
    given(customer(tea_house, "cara", date(2024, 1, 29)), {
        "frequency": 2, "spend": Decimal(30), "first_purchase_on": date(2024, 1, 20), "recency_days": 1, "items_a_purchase": 1.5,
    })  # fmt: skip
    # Cancelled on the 29th; joined with dora on the 30th.
    given(customer(tea_house, "cara", LATEST), {
        "account_count": 2, "frequency": 2, "spend": Decimal(35), "last_purchase_on": date(2024, 1, 20), "purchases_7d": 0,
        "spend_7d": Decimal(0), "recency_days": 16, "region": "Beijing", "age_band": None, "tenure_days": None,
    })  # fmt: skip


def test_a_product_that_was_corrected_away_is_no_category_bought_from(spoilt: Bench) -> None:
    cup = line("d13", "bob", "2024-02-03 10:00:00", product_id="cup")
    spoilt.deliver("products", "2024-02-03", {"product_id": "pot", "category": "kettles"})
    spoilt.deliver(
        "orders",
        "2024-02-03",
        cup | {"product_id": "pot"},
        line("d14", "frank", "2024-02-03 10:00:00", product_id="pot"),
    )
    assert spoilt.run_days("2024-02-03", "2024-02-04").success
    assert spoilt.run_weeks(LATEST).success
    assert (customer(spoilt, "bob", LATEST)["category_count"], customer(spoilt, "frank", LATEST)["category_count"]) == (
        2,
        1,
    )
    spoilt.deliver(
        "orders",
        "2024-02-04",
        cup,
        line("d14", "frank", "2024-02-03 10:00:00", product_id="pot", cancelled_at="2024-02-04"),
    )
    assert spoilt.run_days("2024-02-04", None).success
    assert spoilt.run_weeks(LATEST).success
    assert (customer(spoilt, "bob", LATEST)["category_count"], customer(spoilt, "frank", LATEST)["category_count"]) == (
        1,
        0,
    )


def test_a_reseller_s_line_counts_in_no_feature(spoilt: Bench) -> None:
    """A line of as many pieces as the outlier limit stays in clean.orders, and out of categories as of money and purchases."""
    before = customer(spoilt, "bob", LATEST)
    spoilt.deliver("products", "2024-02-03", {"product_id": "pot", "category": "kettles"})
    pallet = line("d15", "bob", "2024-02-03 10:00:00", 10_000, product_id="pot")
    spoilt.add("orders", "2024-02-03", pallet)
    assert spoilt.run_days("2024-02-03").success
    assert spoilt.run_weeks(LATEST).success
    assert spoilt.query("SELECT count(*) FROM clean.orders WHERE order_id = 'd15'") == [(1,)]
    assert customer(spoilt, "bob", LATEST) == before
    spoilt.deliver("orders", "2024-02-03", *ORDERS.get("2024-02-03", []), pallet | {"quantity": 9_999})
    assert spoilt.run_days("2024-02-03", "2024-02-04").success
    assert spoilt.run_weeks(LATEST).success
    assert customer(spoilt, "bob", LATEST)["category_count"] == before["category_count"] + 1


def test_erin_who_only_looked(tea_house: Bench) -> None:
    given(customer(tea_house, "erin", LATEST), {
        "first_purchase_on": None, "recency_days": None, "t_days": None, "frequency": 0, "spend": Decimal(0), "monetary_value": None,
        "gap_mean_days": None, "category_count": 0, "channel_count": 1, "session_count_30d": 1, "view_count_30d": 0,
        "visit_recency_days": 10,
    })  # fmt: skip


def test_a_pause_of_thirty_minutes_begins_a_session(tea_house: Bench) -> None:
    """10:00, 10:29:59, 10:59:59, 11:05, and an impression in the afternoon that is no visit."""
    (row,) = tea_house.rows("features.customer_days", "customer_id = 'anna' AND delivered_on = '2024-01-18'")
    given(row, {
        "session_count": 2, "view_count": 2, "cart_count": 1, "search_count": 1, "click_count": 0, "line_count": 1, "gross": Decimal(12),
    })  # fmt: skip
    given(customer(tea_house, "anna", date(2024, 1, 22)), {
        "session_count_30d": 2, "view_count_30d": 2, "cart_count_30d": 1, "visit_recency_days": 4,
    })  # fmt: skip


def test_the_pause_is_the_shop_s_setting(unrun: Bench) -> None:
    path = unrun.store / "store.yaml"
    path.write_text(path.read_text() + "settings: {session_minutes: 31}\n")
    for step in (("raw/customers", "raw/products"), ("clean/customers", "clean/products")):
        assert unrun.run(*step).success
    assert unrun.run(
        "raw/orders", "raw/events", "clean/orders", "clean/events", "features/customer_days", first="2024-01-18"
    ).success
    assert unrun.query("SELECT session_count FROM features.customer_days WHERE customer_id = 'anna'") == [(1,)]


@pytest.mark.parametrize(("week", "region"), [(date(2024, 1, 22), "Hangzhou"), (date(2024, 1, 29), "Shanghai")])
def test_attributes_are_those_known_before_the_week(tea_house: Bench, week: date, region: str) -> None:
    assert customer(tea_house, "anna", week)["region"] == region


def test_age_bands_change_at_round_ages(unrun: Bench) -> None:
    bands = {2005: "<20", 2004: "20-29", 1995: "20-29", 1994: "30-39", 1964: "60+", "": None}
    people = {f"born {born}": born for born in bands}
    unrun.deliver(
        "customers",
        "history",
        *({"customer_id": name, "birth_year": born, "known_on": "2024-01-01"} for name, born in people.items()),
    )
    (unrun.store / "customers" / "2024-01-24.csv").unlink()
    assert unrun.run("raw/customers", "clean/customers").success
    with unrun.warehouse().opened() as warehouse:
        for table in (CUSTOMER_DAYS, CONTRACT["links"].clean):
            warehouse.connection.execute(table.create_sql())
        warehouse.connection.execute(
            "INSERT INTO features.customer_days (customer_id, active_on, known_on, line_count) "
            "SELECT unnest($people), DATE '2024-01-02', DATE '2024-01-02', 1",
            {"people": list(people)},
        )
        frame = customers_as_of(warehouse, date(2024, 1, 8)).set_index("person_id")["age_band"]
    found = {born: frame[name] if isinstance(frame[name], str) else None for name, born in people.items()}
    assert found == bands


def test_the_frame_of_a_past_week_is_the_table_s(spoilt: Bench) -> None:
    """Training frames come from the SQL at past dates, and equal what was stored."""
    stored = spoilt.rows("features.customers", f"as_of = '{WEEKS[3]}'")
    with spoilt.warehouse().opened() as warehouse:
        frame = customers_as_of(warehouse, WEEKS[3])
    assert list(frame["person_id"]) == [row["person_id"] for row in stored]
    assert list(frame["spend"]) == [float(row["spend"]) for row in stored]
    assert list(frame["frequency"]) == [row["frequency"] for row in stored]


def test_the_latest_view_holds_the_newest_week(tea_house: Bench) -> None:
    assert tea_house.rows("features.customers_latest") == tea_house.rows("features.customers", f"as_of = '{LATEST}'")


def test_spend_is_additive_over_everything_delivered(tea_house: Bench) -> None:
    """Worked out from clean.orders, past the days in between."""
    ((sales,),) = tea_house.query(
        "SELECT sum(sign * (quantity * unit_price - coalesce(discount, 0))) FROM clean.orders WHERE customer_id IS NOT NULL "
        "AND cancelled_at IS NULL AND coalesce(line_type, 'product') = 'product' AND abs(quantity) < 10000"
    )
    ((spend,),) = tea_house.query("SELECT sum(spend) FROM features.customers_latest")
    # 97.5 of anna, 50 of bob, 35 of cara and dora.
    assert sales == spend == Decimal("182.5")
