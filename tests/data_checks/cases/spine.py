"""raw, clean, features."""

from assets.features.tables import CUSTOMER_DAYS, CUSTOMERS, IDENTITIES
from data_checks import clean, features, raw
from resources.contract import CONTRACT
from tests.data_checks.cases.case import (
    BAD_MONDAY,
    DAY,
    GOOD,
    LEDGER,
    MONDAY,
    ORDER,
    ORDERS,
    PERSON,
    Case,
    copies,
    doubled,
)

CUSTOMER_CHANGES = CONTRACT["customers"]
FIGURES = """
    SELECT delivered_on, 0 AS unreadable_count, CASE WHEN count(*) FILTER (WHERE order_id = 'lost') > 0 THEN 1 ELSE 0 END AS unaccounted_rows,
        sum(CASE WHEN order_id = 'cents' THEN 0.01 ELSE 0 END) AS unaccounted_money,
        CASE WHEN any_value(order_id) = 'dirty' THEN 0.95 ELSE 0.1 END AS quarantined_share,
        CASE WHEN any_value(order_id) = 'again' THEN 0.95 ELSE 0.1 END AS repeated_share
    FROM stage GROUP BY delivered_on
"""
CASES = [
    Case(
        ORDERS.raw,
        lambda shop: raw.facts(shop, ORDERS),
        ORDER,
        {
            "every_file_was_delivered_and_could_be_read": "UPDATE stage SET order_id = 'broken' WHERE delivered_on = $bad",
            "the_day_is_as_large_as_days_usually_are": "INSERT INTO ops.windows SELECT 'raw.orders', CAST(DATE '2024-01-19' - CAST(7 * (n + 1) AS INTEGER) AS VARCHAR), 30 FROM range(5) AS t(n)",
            "every_column_still_has_values": "INSERT INTO raw.orders SELECT * REPLACE (DATE '2024-01-10' AS delivered_on, '2024-01-10' AS paid_at) FROM stage; "
            + copies("n + 2 AS row_no"),
            "some_row_part_of_every_key_is_given": "UPDATE stage SET order_id = NULL, line_no = NULL WHERE delivered_on = $bad",
        },
        "SELECT delivered_on, count(*) AS unreadable_count FROM stage WHERE order_id = 'broken' GROUP BY 1",
    ),
    Case(
        CUSTOMER_CHANGES.raw,
        lambda _: raw.changes(CUSTOMER_CHANGES),
        {"customer_id": "anna", "row_no": 1},
        {
            "every_file_could_be_read": "INSERT INTO unreadable VALUES ('2024-01-19')",
            "some_row_part_of_every_key_is_given": "UPDATE stage SET customer_id = NULL",
        },
        keys=("all", "all"),
        around=("CREATE TABLE unreadable (delivered_on DATE)",),
    ),
    Case(
        ORDERS.clean,
        lambda shop: clean.facts(shop, ORDERS),
        LEDGER,
        {
            "every_delivered_row_is_accounted_for": "UPDATE stage SET order_id = 'lost' WHERE delivered_on = $bad",
            "every_delivered_cent_is_accounted_for": "UPDATE stage SET order_id = 'cents' WHERE delivered_on = $bad",
            "few_rows_are_in_quarantine": "UPDATE stage SET order_id = 'dirty' WHERE delivered_on = $bad",
            "the_day_is_not_an_earlier_one_again": "UPDATE stage SET order_id = 'again' WHERE delivered_on = $bad",
            **doubled("delivered_on"),
            "no_row_is_known_before_it_happened": "UPDATE stage SET known_on = ordered_on - 1 WHERE delivered_on = $bad",
            "few_rows_name_an_unknown_customer": copies("'x' || n AS customer_id, n + 2 AS row_no"),
            "few_rows_name_an_unknown_product": copies("'x' || n AS product_id, n + 2 AS row_no"),
        },
        FIGURES,
    ),
    Case(
        CUSTOMER_CHANGES.clean,
        lambda shop: clean.changes(shop, CUSTOMER_CHANGES),
        {"customer_id": "anna", "known_on": GOOD},
        {
            "every_key_has_one_row": "INSERT INTO stage SELECT * FROM stage",
            "every_row_has_its_key": "UPDATE stage SET customer_id = NULL",
            "not_everything_is_in_quarantine": "INSERT INTO candidates SELECT 'birth_year is impossible' FROM range(30)",
        },
        keys=("all", "all"),
    ),
    Case(
        CUSTOMER_DAYS,
        features.customer_days,
        DAY,
        {
            "every_key_has_one_row": "INSERT INTO stage SELECT * REPLACE (0 AS line_count) FROM stage WHERE delivered_on = $bad",
            "every_row_has_an_account_and_one_of_the_shops_days": "UPDATE stage SET active_on = DATE '2023-12-31' WHERE delivered_on = $bad",
            "sales_are_the_sales_of_the_orders": "UPDATE stage SET line_count = 2 WHERE delivered_on = $bad",
        },
    ),
    Case(
        CUSTOMERS,
        features.customers,
        PERSON,
        {
            "every_key_has_one_row": "INSERT INTO stage SELECT * REPLACE (0 AS spend) FROM stage WHERE as_of = $bad",
            "recency_lies_between_a_day_and_T": "UPDATE stage SET recency_days = 0 WHERE as_of = $bad",
            "a_longer_time_holds_the_purchases_of_a_shorter": "UPDATE stage SET purchases_7d = 3 WHERE as_of = $bad",
            "the_week_has_customers": "DELETE FROM stage WHERE as_of = $bad",
            "spend_is_the_spend_of_the_days": "UPDATE stage SET spend = 20.01 WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
        together={"the_week_has_customers": {"spend_is_the_spend_of_the_days"}},
    ),
    Case(
        IDENTITIES,
        features.identities,
        {"customer_id": "anna", "person_id": "anna", "account_count": 2},
        {
            "every_key_has_one_row": "INSERT INTO stage SELECT * REPLACE ('bob' AS person_id) FROM stage WHERE as_of = $bad",
            "no_person_has_implausibly_many_accounts": "UPDATE stage SET account_count = 21 WHERE as_of = $bad",
            "every_account_and_person_is_named": "UPDATE stage SET person_id = NULL WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
    ),
]
