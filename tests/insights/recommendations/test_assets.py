"""The recommendation tables of the small demo shop: what must hold for every customer, whichever weeks were run."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from assets.insights.recommendations.methods.rebuy import FEATURES, Rebuy
from assets.insights.recommendations.methods.wording import BY_TASTE
from assets.insights.recommendations.reads import shown
from tests.insights.demo_bench import NEWEST, WEEKS, Demo, checks_of, notes

KEPT = WEEKS[-4:]
RECOMMENDATIONS = ("insights/segments", "insights/recommendations")


@pytest.fixture(scope="module")
def shop(backfilled: Demo) -> Demo:
    return backfilled


def test_every_customer_has_a_list_of_the_kept_weeks_only(shop: Demo) -> None:
    people = f"SELECT as_of, person_id FROM features.customers WHERE as_of >= DATE '{KEPT[0]}' ORDER BY ALL"
    assert shop.query("SELECT DISTINCT as_of, person_id FROM insights.recommendations ORDER BY ALL") == shop.query(
        people
    )
    assert [w for (w,) in shop.query("SELECT DISTINCT as_of FROM insights.profiles ORDER BY 1")] == KEPT


def test_the_two_lists_are_never_mixed(shop: Demo) -> None:
    bought = """
        SELECT r.list, count(*) FILTER (WHERE b.product_id IS NOT NULL), count(*) FROM insights.recommendations AS r
        LEFT JOIN (
            SELECT w.as_of, coalesce(i.person_id, o.customer_id) AS person_id, o.product_id
            FROM (SELECT DISTINCT as_of FROM insights.recommendations) AS w
            JOIN clean.orders AS o ON o.known_on < w.as_of AND o.quantity > 0 AND o.cancelled_at IS NULL
            LEFT JOIN features.identities AS i ON i.as_of = w.as_of AND i.customer_id = o.customer_id
            GROUP BY ALL HAVING sum(o.sign) > 0
        ) AS b ON b.as_of = r.as_of AND b.person_id = r.person_id AND b.product_id = r.product_id
        GROUP BY r.list ORDER BY r.list
    """
    found = {name: (old, rows) for name, old, rows in shop.query(bought)}
    assert found["discover"][0] == 0
    assert found["discover"][1] > 1000
    if "rebuy" in found:
        assert found["rebuy"][0] == found["rebuy"][1]


def test_what_is_out_of_stock_or_unknown_to_the_catalogue_is_not_shown(shop: Demo) -> None:
    wrong = """
        SELECT count(*) FROM insights.recommendations AS r LEFT JOIN (
            SELECT w.as_of, p.product_id, arg_max(p.in_stock, p.known_on) AS in_stock
            FROM (SELECT DISTINCT as_of FROM insights.recommendations) AS w JOIN clean.products AS p ON p.known_on < w.as_of GROUP BY ALL
        ) AS g ON g.as_of = r.as_of AND g.product_id = r.product_id
        WHERE g.in_stock IS NOT TRUE
    """
    assert shop.query(wrong) == [(0,)]
    gone = "SELECT count(*) FROM (SELECT product_id, arg_max(in_stock, known_on) AS s FROM clean.products WHERE known_on < DATE '{}' GROUP BY 1) WHERE NOT s"
    assert shop.query(gone.format(NEWEST))[0][0] > 0, "the shop has nothing out of stock: the test shows nothing"


def test_no_list_has_more_of_a_category_than_its_share(shop: Demo) -> None:
    most = """
        SELECT max(n) FROM (
            SELECT count(*) AS n FROM insights.recommendations AS r
            JOIN (SELECT DISTINCT product_id, category FROM clean.products) AS p USING (product_id)
            WHERE list = 'discover' AND source <> 'holdout' GROUP BY r.as_of, r.person_id, p.category
        )
    """
    assert shop.query(most)[0][0] <= 4


def test_reasons_are_of_the_customers_own_history(shop: Demo) -> None:
    """What is named was bought or looked at by that person, and is not the product itself."""
    rows = shop.query(
        "SELECT person_id, product_id, because_of, because_zh, because_en FROM insights.recommendations "
        f"WHERE as_of = '{NEWEST}' AND list = 'discover' AND len(because_of) > 0"
    )
    assert len(rows) > 200
    dealt = set(
        shop.query(
            f"""
            SELECT DISTINCT coalesce(i.person_id, a.customer_id), a.product_id FROM (
                SELECT customer_id, product_id, known_on FROM clean.orders UNION ALL SELECT customer_id, product_id, known_on FROM clean.events
            ) AS a LEFT JOIN features.identities AS i ON i.as_of = '{NEWEST}' AND i.customer_id = a.customer_id
            WHERE a.known_on < '{NEWEST}'
            """
        )
    )
    for person, product, because, zh, en in rows:
        assert product not in because
        assert all((person, one) in dealt for one in because), (person, because)
        assert (zh, en) == BY_TASTE or (zh.startswith("因为您") and en.startswith("Because you"))


def test_reasons_by_content_agree_with_the_catalogue(shop: Demo) -> None:
    """What the sentence says the two products have in common they have, and it is said whenever they have it."""
    rows = shop.query(
        f"""
        WITH goods AS (SELECT product_id, arg_max(COLUMNS(* EXCLUDE (product_id, known_on)), known_on) FROM clean.products WHERE known_on < '{NEWEST}' GROUP BY 1),
        named AS (SELECT product_id, because_of[1] AS other_id, because_zh, because_en FROM insights.recommendations
            WHERE as_of = '{NEWEST}' AND source = 'content' AND len(because_of) > 0)
        SELECT o.title, g.category = o.category, g.brand = o.brand, n.because_zh, n.because_en
        FROM named AS n JOIN goods AS g USING (product_id) JOIN goods AS o ON o.product_id = n.other_id
        """
    )
    assert len(rows) > 100
    for title, same_category, same_brand, zh, en in rows:
        if (zh, en) == BY_TASTE:
            # Nobody would see why: no product is named.
            assert not same_category and not same_brand
            continue
        assert f"「{title}」" in zh and f"“{title}”" in en
        assert ("同类" in zh, "same category" in en) == (bool(same_category),) * 2
        assert ("同品牌" in zh, "same brand" in en) == (bool(same_brand),) * 2


def test_two_customers_lists_differ_and_the_hold_out_gets_what_sells(shop: Demo) -> None:
    lists = shop.query(
        f"SELECT list(product_id ORDER BY position), any_value(source) FROM insights.recommendations WHERE as_of = '{NEWEST}' "
        "AND list = 'discover' GROUP BY person_id"
    )
    assert len({tuple(products) for products, _ in lists}) > 0.8 * len(lists)
    held = shop.query(
        "SELECT as_of, count(DISTINCT person_id) FILTER (WHERE source = 'holdout') / count(DISTINCT person_id) FROM insights.recommendations GROUP BY 1"
    )
    assert all(0.005 < share < 0.15 for _, share in held)
    mixed = "SELECT count(*) FROM (SELECT person_id FROM insights.recommendations WHERE list = 'discover' GROUP BY as_of, person_id HAVING bool_or(source = 'holdout') AND NOT bool_and(source = 'holdout'))"
    assert shop.query(mixed) == [(0,)]


def test_planted_pairs_are_found(shop: Demo, demo_source: Path) -> None:
    """What the generator puts into one basket stands among what is bought together, with a lift well above chance."""
    pairs = shop.query(f"SELECT product_id, bought_with FROM read_parquet('{demo_source}/truth/affinities.parquet')")
    found = {
        (a, b): (lift, place)
        for a, b, lift, place in shop.query(
            f"SELECT product_id, other_product_id, lift, position FROM insights.bought_together WHERE as_of = '{NEWEST}'"
        )
    }
    there = [found[pair] for pair in pairs if pair in found]
    # In so small a shop many a pair was bought together less than three times.
    assert len(there) >= 6
    assert sum(place == 1 for _, place in there) >= 0.7 * len(there)
    assert sum(lift > 3 for lift, _ in there) >= 0.9 * len(there)


def test_profiles_follow_what_was_bought(shop: Demo) -> None:
    rows = shop.week("profiles", NEWEST)
    assert len(rows) == shop.query(f"SELECT count(*) FROM features.customers WHERE as_of = '{NEWEST}'")[0][0]
    named = [row for row in rows if row["category"]]
    assert len(named) > 0.9 * len(rows)
    assert all(0 < row["category_share"] <= 1 for row in named)
    assert all(
        row["second_category_share"] is None or row["second_category_share"] <= row["category_share"] for row in named
    )
    assert {row["segment_en"] for row in rows} - {None}


def test_a_fit_says_how_its_lists_did_on_a_later_window(shop: Demo) -> None:
    rows = shop.query(
        "SELECT fitted_as_of, parameters, metrics, in_force FROM models.registry WHERE name = 'recommendations' ORDER BY fitted_as_of"
    )
    assert rows
    assert all(day.month in (1, 4, 7, 10) and day.day <= 7 and day.weekday() == 0 for day, *_ in rows)
    for _, parameters, metrics, in_force in rows:
        lines = json.loads(metrics)["holdout"]["holdout"]
        methods = {(line["list"], line["method"]) for line in lines if line["customers"] == "warm"}
        assert {("discover", name) for name in ("model", "popularity", "personal frequency")} <= methods
        published = json.loads(parameters)["lists"]
        figure = {(line["list"], line["method"]): line["ndcg"] for line in lines if line["customers"] == "warm"}
        # A list that loses to popularity is not published.
        for name in ("discover", "rebuy"):
            if published[name]:
                assert figure[name, "model"] > figure[name, "popularity"]
        assert in_force == any(published.values())


def test_the_check_shows_the_fit_that_made_the_lists(
    shop: Demo, backfill_checks: dict[str, dict[str, dict[str, Any]]], backfill_notes: dict[str, dict[str, Any]]
) -> None:
    shown = backfill_checks["insights/recommendations"]["new_products_are_predicted_better_than_popular"]["metadata"]
    assert "personal frequency" in shown["holdout"]
    used = f"SELECT DISTINCT CAST(fitted_as_of AS VARCHAR) FROM insights.recommendations WHERE as_of = '{NEWEST}'"
    assert shop.query(used) == [(shown["fitted_as_of"],)]
    said = backfill_notes["insights/recommendations"]["weeks_not_kept"]
    assert said.startswith("4 weeks are older than the 4")


def test_a_fit_whose_new_products_lost_still_publishes_what_to_buy_again(shop: Demo, tmp_path: Path) -> None:
    """Only those with something to buy again have a list then, and nobody is missing."""
    lost = shop.copy(tmp_path)
    even = Rebuy((0.0,) * len(FEATURES), (1.0,) * len(FEATURES), (0.0,) * (len(FEATURES) + 1), due_gaps=1e9)
    change = {"lists": {"discover": False, "rebuy": True}, "rebuy": even.parameters()}
    with lost.bench.warehouse().opened() as warehouse:
        warehouse.connection.execute(
            "UPDATE models.registry SET parameters = json_merge_patch(parameters, $change) WHERE name = 'recommendations'",
            {"change": json.dumps(change)},
        )
    result = lost.weeks(NEWEST, tables=RECOMMENDATIONS)
    assert lost.query(f"SELECT DISTINCT list FROM insights.recommendations WHERE as_of = '{NEWEST}'") == [("rebuy",)]
    assert checks_of(result)["insights/recommendations"]["every_customer_has_a_list_or_nobody_has"]["passed"]


def test_what_was_taken_back_is_not_bought_in_feedback(shop: Demo, tmp_path: Path) -> None:
    """Of four clicks one led to a sale: the others to a line cancelled since, one corrected to another customer, and postage."""
    bench = shop.copy(tmp_path).bench
    week, on = NEWEST, NEWEST - timedelta(days=5)
    line = {
        "product_id": "P1",
        "quantity": 1,
        "unit_price": 10,
        "ordered_on": on,
        "known_on": on,
        "line_no": "1",
        "sign": 1,
    }
    orders = [
        line | {"order_id": "x1", "customer_id": "f1"},
        line | {"order_id": "x2", "customer_id": "f2"},
        line | {"order_id": "x2", "customer_id": "f2", "sign": -1},
        line | {"order_id": "x3", "customer_id": "f3"},
        line | {"order_id": "x3", "customer_id": "f3", "sign": -1},
        line | {"order_id": "x3", "customer_id": "elsewhere"},
        line | {"order_id": "x4", "customer_id": "f4", "line_type": "shipping"},
    ]
    event = {
        "product_id": "P1",
        "list_id": f"zhike-discover-{week:%Y%m%d}-content",
        "position": 1,
        "occurred_on": on,
        "known_on": on,
        "sign": 1,
    }
    events = [
        event | {"event_type": kind, "customer_id": f"f{n}", "event_id": f"{kind}{n}"}
        for kind in ("impression", "click")
        for n in range(1, 5)
    ]
    with bench.warehouse().opened() as warehouse:
        for table, rows in (("clean.orders", orders), ("clean.events", events)):
            for row in rows:
                names = ", ".join(row)
                warehouse.connection.execute(
                    f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values())
                )
        found = shown(warehouse, week)
    bought = found[found["product_id"] == "P1"].set_index("person_id")["is_bought"].to_dict()
    assert bought == {"f1": True, "f2": False, "f3": False, "f4": False}


def test_without_history_there_are_no_lists_and_it_is_said_why(dailies: Demo, tmp_path: Path) -> None:
    young = dailies.copy(tmp_path)
    week = date(2024, 3, 4)
    result = young.run("features/identities", "features/customers", *RECOMMENDATIONS, first=week, last=week)
    assert young.query("SELECT count(*) FROM insights.recommendations") == [(0,)]
    assert notes(result, "insights/recommendations")["not_enough_history"].startswith(
        "not enough history: needs 91 days of orders before the first Monday of a month"
    )
    assert week + timedelta(days=7) < KEPT[0]
