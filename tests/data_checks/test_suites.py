"""Every expectation of every suite holds on a good partition and is broken, alone, by the fault that it is there for.

A table with a good and a bad partition is staged by hand and judged by the suite as the gate would judge it.
"""

import importlib
import pkgutil
from dataclasses import replace

import duckdb
import pytest

from data_checks import raw
from data_checks.gate.expectation import Expectation, suite_of
from pipelines.definitions import build_assets
from resources.calendar import Calendar
from resources.contract import CONTRACT
from resources.shop import Shop, load_shop
from tests.data_checks import cases
from tests.data_checks.cases import clv, forecast, sentiment, spine
from tests.data_checks.cases.case import BAD, GOOD, Case, broken, copies, staged
from tests.shop_builder import Bench

CASES: list[Case] = [
    case
    for found in pkgutil.iter_modules(cases.__path__)
    for case in getattr(importlib.import_module(f"{cases.__name__}.{found.name}"), "CASES", [])
]


@pytest.fixture(scope="module")
def shop(delivered: Bench) -> Shop:
    limits = delivered.shop.limits.model_copy(update={"quarantine_share": 0.5, "unknown_share": 0.2})
    return delivered.shop.model_copy(update={"limits": limits})


def test_every_table_of_the_graph_has_a_case() -> None:
    """Of raw and clean one of facts and one of changes stand for all: their suites are made from the contract."""
    tables = {
        ".".join(asset.key.path) for asset in build_assets(Calendar.of(load_shop("demo"))) if list(asset.check_specs)
    }
    made = {name for name in tables if name.startswith(("features.", "insights."))}
    assert made <= {case.table.qualified for case in CASES}
    assert {"raw.orders", "raw.customers", "clean.orders", "clean.customers"} <= {
        case.table.qualified for case in CASES
    }


def test_check_names_are_sentences_that_a_list_can_show() -> None:
    for asset in build_assets(Calendar.of(load_shop("demo"))):
        for spec in asset.check_specs:
            assert len(spec.name) <= 50, spec.name
            assert spec.description and spec.description[0].isupper() and spec.description.endswith((".", ".)"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.table.qualified)
def test_a_good_table_breaks_nothing_and_every_expectation_has_its_fault(case: Case, shop: Shop) -> None:
    assert broken(case, shop, staged(case)) == {}
    assert {expectation.name for expectation in suite_of(case.table, case.suite(shop))} == set(case.faults)


@pytest.mark.parametrize(
    ("case", "name"),
    [(case, name) for case in CASES for name in case.faults],
    ids=lambda value: value if isinstance(value, str) else value.table.qualified,
)
def test_a_fault_breaks_its_expectation_in_its_partition_and_no_other(case: Case, name: str, shop: Shop) -> None:
    connection = staged(case)
    fault = case.faults[name].replace("$bad", f"'{case.keys[1]}'")
    connection.execute(fault)
    found = broken(case, shop, connection)
    assert found.pop(name) == [case.keys[1]]
    assert set(found) == case.together.get(name, set())


@pytest.mark.parametrize(
    ("case", "name", "fault"),
    [
        (forecast.CASES[0], "the_wider_interval_holds_the_narrower", "low_95 = NULL"),
        (forecast.CASES[0], "the_wider_interval_holds_the_narrower", "high_95 = 'nan'"),
        (
            forecast.CASES[0],
            "every_series_has_the_same_days",
            "forecast_on = forecast_on + CAST(series = 'orders' AS INTEGER)",
        ),
        (sentiment.CASES[1], "the_interval_holds_the_share", "positive_share_low = NULL"),
        (sentiment.CASES[3], "who_mentions_an_aspect_praises_or_blames_it", "quotes = NULL"),
        *(
            (clv.CASES[0], "the_figures_of_a_person_agree", fault)
            for fault in (
                "p_purchase_12m = NULL",
                "p_purchase_3m = 0.75",
                "p_purchase_12m = 1",
                "p_alive = 0.75",
                "expected_purchases_3m = 0.4",
                "clv_low_12m = 31",
                "clv_high_12m = NULL",
                "expected_order_value = 9.9",
                "margin_share = 0.5",
                "clv_3m = 9.6",
            )
        ),
        (clv.CASES[0], "they_agree_with_the_predictions", "p_purchase_3m = 0.39"),
        (clv.CASES[0], "the_next_order_lies_in_its_interval", "next_order_on = NULL"),
        (clv.CASES[0], "the_next_order_lies_in_its_interval", "next_order_low_on = as_of - 1"),
    ],
    ids=lambda value: value.table.qualified if isinstance(value, Case) else value,
)
def test_what_is_missing_is_not_what_is_right(case: Case, name: str, fault: str, shop: Shop) -> None:
    """An end of an interval, a quote or a day that is not there breaks what one out of place breaks, and so does each way in which
    figures can contradict each other."""
    connection = staged(case)
    connection.execute(f"UPDATE stage SET {fault} WHERE as_of = ?", [case.keys[1]])
    assert broken(case, shop, connection) == {name: [case.keys[1]]}


@pytest.mark.parametrize(
    ("case", "nothing"),
    [
        (forecast.CASES[0], "low_80 = NULL, high_80 = NULL, low_95 = NULL, high_95 = NULL"),
        # Of no opinions the share is unknown, and its interval everything.
        (sentiment.CASES[1], "positive_share = NULL, positive_share_low = 0, positive_share_high = 1"),
    ],
    ids=lambda value: value.table.qualified if isinstance(value, Case) else None,
)
def test_an_interval_of_too_little_is_no_fault(case: Case, nothing: str, shop: Shop) -> None:
    connection = staged(case)
    connection.execute(f"UPDATE stage SET {nothing}")
    assert broken(case, shop, connection) == {}


def test_the_day_is_judged_by_days_of_the_same_weekday_only(shop: Shop) -> None:
    """Thirty rows on each of the five Thursdays before say nothing of a Friday; a day at the bounds is within them."""
    case = spine.CASES[0]
    connection = staged(case)
    query = "INSERT INTO ops.windows SELECT 'raw.orders', CAST(DATE '2024-01-18' - CAST(7 * (n + 1) AS INTEGER) AS VARCHAR), {} FROM range(5) AS t(n)"
    connection.execute(query.format(20))
    assert broken(case, shop, connection) == {}
    connection.execute("DELETE FROM ops.windows")
    connection.execute(query.format(21))
    assert broken(case, shop, connection) == {"the_day_is_as_large_as_days_usually_are": [GOOD]}


@pytest.mark.parametrize(("unknown", "bad"), [(9, []), (12, [BAD])])
def test_a_few_unknown_products_are_dirt_and_postage_is_none(unknown: int, bad: list[str], shop: Shop) -> None:
    case = spine.CASES[2]
    connection = staged(case)
    connection.execute(copies("'post' AS product_id, 'shipping' AS line_type, n + 2 AS row_no", 20))
    connection.execute(
        copies("'x' || n AS product_id, n + 40 AS row_no", unknown, f"delivered_on = '{BAD}' AND row_no = 1")
    )
    assert broken(case, shop, connection).get("few_rows_name_an_unknown_product", []) == bad


def test_a_figure_that_is_null_gives_no_verdict_and_one_that_fails_says_so(shop: Shop) -> None:
    case = spine.CASES[0]
    nothing = replace(case, suite=lambda _: [Expectation("null", "why", "CAST(NULL AS DOUBLE)", at_most=0)])
    assert broken(nothing, shop, staged(case)) == {}
    wrong = replace(case, suite=lambda _: [Expectation("wrong", "why", "sum(no_column)", at_most=0)])
    with pytest.raises(duckdb.BinderException, match="no_column"):
        broken(wrong, shop, staged(case))


@pytest.mark.parametrize(
    ("table", "severity"), [("orders", "critical"), ("reviews", "critical"), ("outcomes", "warning")]
)
def test_a_day_out_of_proportion_is_kept_out_unless_its_table_comes_in_bursts(table: str, severity: str) -> None:
    (found,) = [
        each
        for each in raw.facts(load_shop("demo"), CONTRACT[table])
        if each.name == "the_day_is_as_large_as_days_usually_are"
    ]
    assert found.severity == severity
