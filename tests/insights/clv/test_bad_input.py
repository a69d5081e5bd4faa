"""Shops whose past breaks models: a stated fallback or what is missing, never a crash and never a number that looks real."""

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.definitions import build_assets
from resources.calendar import Calendar
from tests.shop_builder import Bench, Row, line, write_store

END, WEEK = date(2025, 12, 31), date(2026, 1, 5)
DAYS = 200
WEEKLY = ("features/customers", "insights/predictions", "insights/clv", "insights/cohorts")
STORE = """
name: {{zh: 小店, en: Corner shop}}
time_zone: Asia/Shanghai
{currency}
start: {start}
history_on: {end}
end: {end}
limits: {{quarantine_share: 0.9, unknown_share: 1}}
sources:
  sold: [{{path: history/orders.csv, history: true}}]
tables: {{orders: "{mapping}"}}
"""
UNSOUND = """
    SELECT count(*) FROM insights.clv WHERE NOT (
        p_alive BETWEEN 0 AND 0.999999 AND isfinite(expected_purchases_3m) AND expected_purchases_3m BETWEEN 0 AND 92
        AND expected_purchases_3m <= expected_purchases_6m)
"""
UNSOUND_MONEY = """
    SELECT count(*) FROM insights.clv WHERE NOT (
        isfinite(expected_order_value) AND expected_order_value > 0 AND isfinite(clv_3m) AND clv_3m >= 0 AND clv_3m <= clv_6m)
"""


def lines(visits: Iterator[tuple[int, int]], money: Callable[[int], float] = lambda n: 20 + n % 7) -> list[Row]:
    """A line a visit: customer and days before the end."""
    return [
        line(f"o{n}", f"c{customer}", f"{END - timedelta(days=ago)} 10:00:00", 1, money(n))
        for n, (customer, ago) in enumerate(visits)
    ]


def usual(customers: int = 400, *, repeats: bool = True) -> Iterator[tuple[int, int]]:
    """Customers who come for a while and then stay away."""
    random = np.random.default_rng(4)
    for customer in range(customers):
        ago = int(random.integers(0, DAYS))
        pace, leaves = random.gamma(1.2, 12), random.beta(1, 3)
        yield customer, ago
        while repeats and random.random() > leaves:
            ago -= 1 + int(random.exponential(pace))
            if ago < 0:
                break
            yield customer, ago


def run(folder: Path, rows: list[Row], *, start: date | None = None, currency: str = "CNY") -> tuple[Bench, Any]:
    bench = Bench(folder)
    text = STORE.format(
        currency=f"currency: {currency}" if currency else "",
        start=start or END - timedelta(days=DAYS),
        end=END,
        mapping="FROM sold" if currency else "SELECT * EXCLUDE (unit_price, discount, currency) FROM sold",
    )
    write_store(bench.store, text)
    bench.deliver("orders", "history", *rows)
    assets = build_assets(Calendar.of(bench.shop))
    assert bench.run("raw/orders", "clean/orders", "features/customer_days", first=END, assets=assets).success
    result = bench.run(*WEEKLY, first=WEEK, assets=assets)
    assert result.success
    for event in result.get_asset_materialization_events():
        found = event.materialization
        if found.asset_key.path == ["insights", "clv"] and "from" in found.metadata:
            return bench, {name: value.value for name, value in found.metadata.items()}
    raise AssertionError("insights.clv was not materialised")


def returned(rows: list[Row]) -> list[Row]:
    """Half of the lines go back a day later, in twice the number: what is left of many customers is below 0."""
    back = [
        row
        | {
            "order_id": f"r{n}",
            "quantity": -2,
            "ordered_at": f"{min(END, date.fromisoformat(row['ordered_at'][:10]) + timedelta(days=1))} 11:00:00",
        }
        for n, row in enumerate(rows)
        if n % 2
    ]
    return [*rows, *back]


@pytest.mark.parametrize(
    ("rows", "start", "missing"),
    [
        (lines(usual(50)), None, "needs 100 customers, has "),
        (lines(usual(repeats=False)), None, "needs 30 customers who bought again, has 0"),
        (
            lines((customer, ago % 12) for customer, ago in usual()),
            END - timedelta(days=14),
            "needs 92 days of orders before the first Monday of a month, has 19 days on",
        ),
    ],
    ids=["fifty customers", "one-time buyers only", "two weeks old"],
)
def test_too_little_is_said_and_nothing_invented(
    tmp_path: Path, rows: list[Row], start: date | None, missing: str
) -> None:
    bench, notes = run(tmp_path, rows, start=start)
    assert bench.query("SELECT count(*) FROM insights.clv") == [(0,)]
    assert bench.query("SELECT count(*) FROM models.registry WHERE name = 'clv'") == [(0,)]
    said = notes["not_enough_history"]
    assert said.startswith(f"not enough history: {missing}")
    assert said.endswith("weeks up to 2026-01-05 have no values")
    # Cohorts need no model.
    assert bench.query("SELECT sum(customer_count) > 0 FROM insights.cohorts WHERE months_since = 0") == [(True,)]


@pytest.mark.parametrize(
    ("rows", "has_money"),
    [
        (lines((customer, ago) for customer in range(110) for ago in range(customer % 20, 150) if (ago + customer) % 19), True),
        (lines(usual(), lambda n: 9_000_000 if n == 77 else 20 + n % 7), True),
        (lines(usual(), lambda n: 0), False),
        (returned(lines(usual(), lambda n: 0 if n % 3 else 20 + n % 7)), True),
    ],
    ids=["near-daily buyers", "one giant order", "nothing costs anything", "two in three are free and more goes back than was sold"],
)  # fmt: skip
def test_values_are_sound_or_absent(tmp_path: Path, rows: list[Row], has_money: bool) -> None:
    bench, _ = run(tmp_path, rows)
    assert bench.query("SELECT count(*) > 0 FROM insights.clv") == [(True,)]
    assert bench.query(UNSOUND) == [(0,)]
    # A year cannot be told from seven months.
    assert bench.query("SELECT count(expected_purchases_12m), count(clv_high_12m) FROM insights.clv") == [(0, 0)]
    if has_money:
        assert bench.query(UNSOUND_MONEY) == [(0,)]
        usual_order = "SELECT median(expected_order_value) FROM insights.clv"
        assert bench.query(usual_order)[0][0] < 1000
    else:
        assert bench.query("SELECT DISTINCT expected_order_value, clv_3m, order_value_method_en FROM insights.clv") == [
            (None, None, "not estimated: no customer has money above 0")
        ]


def test_a_shop_without_prices_has_purchases_only(tmp_path: Path) -> None:
    bench, _ = run(tmp_path, lines(usual()), currency="")
    columns = set(bench.rows("insights.clv")[0])
    assert {"p_alive", "expected_purchases_3m", "purchase_method_zh"} <= columns
    assert not {name for name in columns if name.startswith("clv") or "order_value" in name or "margin" in name}
    assert "revenue" not in bench.rows("insights.cohorts")[0]
    assert bench.query(UNSOUND) == [(0,)]
    [(text,)] = bench.query("SELECT metrics FROM models.registry WHERE name = 'clv' ORDER BY fitted_as_of DESC LIMIT 1")
    metrics = json.loads(text)
    assert {name for name, rows in metrics["holdout"].items() if rows} == {"purchases", "by_frequency"}
