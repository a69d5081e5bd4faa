"""The rooms of products, reviews, recommendations, forecasts and data health: over rows written by hand, and of a shop that lacks most of them."""

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import pytest

from assets.insights.forecast import tables as forecast
from assets.insights.predictions import tables as predictions
from assets.insights.recommendations import tables as recommendations
from assets.insights.sentiment.tables import ASPECT_TRENDS, PRODUCT_SATISFACTION, REVIEW_SCORES
from assets.outreach.report.make import ready
from assets.outreach.report.queries import queries
from assets.outreach.report.reads import QUARANTINE, REFUSALS, REGISTRY
from assets.outreach.snapshot.publish import Part, point, write
from benchmarks.serving_shop import AS_OF, TABLES, tables
from resources.contract import CONTRACT
from resources.home import open_home
from resources.shop import load_shop
from resources.snapshot import opened
from resources.tables import Table
from serving.console.rooms import ROOMS
from tests.serving.api import STORE, Api, served
from tests.serving.test_console import Visitor
from tests.shop_builder import write_store

FIGURE = re.compile(r'<a class="figure" href="(/console/queries/[^"]+)"><data value="([^"]+)"')
ORDERS, PRODUCTS = CONTRACT["orders"].clean, CONTRACT["products"].clean
HARM, BREAK = "<script>alert(1)</script>", "</script><img src=x onerror=alert(2)>"
# A product of a plain id, and two as shops have them: with a slash and spaces, with harm in it.
PLAIN, ODD, HARMFUL = "p1", "茶/绿 50%", BREAK
TITLES = {PLAIN: "绿茶 礼盒", ODD: HARM, HARMFUL: "乌龙茶"}
PAGES = (
    "/console/products",
    "/console/products?sold=pieces&satisfaction=negative&together=lift",
    "/console/products/p1",
    "/console/voice",
    "/console/recommendations",
    "/console/recommendations?customer=c00000007",
    "/console/forecast",
    "/console/health",
)

Row = Mapping[str, Any]


def insert(connection: duckdb.DuckDBPyConnection, table: Table, rows: Sequence[Row]) -> None:
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.schema}")
    connection.execute(table.create_sql())
    for row in rows:
        names = ", ".join(f'"{name}"' for name in row)
        values = ", ".join(f"${place}" for place in range(1, len(row) + 1))
        connection.execute(f"INSERT INTO {table.qualified} ({names}) VALUES ({values})", list(row.values()))


def week(**own: Any) -> Row:
    return {"as_of": AS_OF} | own


def line(product_id: str, day: date, number: int, quantity: int = 2, price: float = 30.0) -> Row:
    return {
        "order_id": f"o-{day}-{number}", "line_no": product_id, "customer_id": f"c{number:08}", "product_id": product_id, "quantity": quantity,
        "unit_price": price, "discount": 1.5, "ordered_at": day, "ordered_on": day, "delivered_on": day, "row_no": number, "known_on": day, "sign": 1,
    }  # fmt: skip


def sold() -> list[Row]:
    """Fourteen weeks: three a week of one, six in the newest; one of another; and a correction that takes one back."""
    days = [AS_OF - timedelta(days=7 * back + 3) for back in range(14)]
    lines = [line(PLAIN, day, number) for day in days for number in range(3)]
    lines += [line(PLAIN, days[0], number) for number in range(3, 6)]
    lines += [line(ODD, day, 8, price=900.0) for day in days] + [line(HARMFUL, days[0], 9, quantity=1)]
    return [*lines, line(PLAIN, days[0], 0) | {"sign": -1, "row_no": 99}]


def judged(product_id: str, positive: int, negative: int, low: float, high: float) -> Row:
    reviews = positive + negative
    return week(
        product_id=product_id, review_count=reviews, rated_count=reviews, rating=3.5, positive_count=positive, neutral_count=0,
        negative_count=negative, positive_share=positive / reviews, positive_share_low=low, positive_share_high=high, review_count_90d=reviews,
        positive_share_90d=positive / reviews, worst_aspect="quality", worst_aspect_count=negative,
    )  # fmt: skip


def aspect(product_id: str | None, share: float, before: float, is_drop: bool, quotes: list[str]) -> Row:
    return week(
        product_id=product_id, aspect="quality", aspect_zh="质量", aspect_en="Quality", mention_count=40, praised_count=round(40 * share),
        blamed_count=40 - round(40 * share), praised_share=share, praised_share_low=share - 0.1, praised_share_high=share + 0.1,
        mention_count_before=60, praised_share_before=before, change=share - before, z=-4.0 if is_drop else -0.5, is_drop=is_drop,
        complaint_rank=1, quotes=quotes,
    )  # fmt: skip


def reviewed() -> list[Row]:
    days = [AS_OF - timedelta(days=2 + back) for back in range(60)]
    return [
        {
            "delivered_on": day, "row_no": number, "known_on": day, "review_id": f"v{number}", "product_id": PLAIN if number % 2 else ODD,
            "reviewed_on": day, "rating": 5, "label": "negative" if number % 5 == 0 else "positive",
        }
        for number, day in enumerate(days)
    ]  # fmt: skip


def forecasts(series: str, category: str | None, mean: float) -> tuple[list[Row], list[Row]]:
    named = {"series": series, "category": category, "method": "theta on roots"}
    days = [
        week(forecast_on=AS_OF + timedelta(days=step), step=step + 1, mean=mean, low_80=mean / 2, high_80=mean * 2, **named)
        | ({"event_zh": "春节", "event_en": "Spring Festival"} if step == 20 else {})
        for step in range(28)
    ]  # fmt: skip
    sums = [
        week(
            day_count=days, last_on=AS_OF + timedelta(days=days - 1), mean=mean * days, low_80=mean * days * 0.8, high_80=mean * days * 1.2,
            judged_count=50, covered_80_count=41, **named,
        )
        for days in (7, 14, 28)
    ]  # fmt: skip
    return days, sums


def backtest(series: str, category: str | None, as_of: date, mase: float) -> Row:
    return {
        "as_of": as_of, "series": series, "category": category, "forecast_as_of": as_of - timedelta(days=28), "day_count": 28, "forecast": 110.0,
        "actual": 100.0, "level": 1.1, "wape": 0.25, "mase": mase, "naive_mase": 1.0, "covered_80_count": 22, "covered_95_count": 27,
    }  # fmt: skip


def fit(name: str, method: str, day: date, metrics: Any, in_force: bool = True) -> Row:
    return {"name": name, "method": method, "fitted_as_of": day, "in_force": in_force, "metrics": json.dumps(metrics)}


def fits() -> list[Row]:
    months = AS_OF - timedelta(days=60), AS_OF - timedelta(days=7)
    examined = [
        {"model": "recency", "role": "baseline", "auc": 0.7},
        {"model": "logistic_rfm", "role": "baseline", "auc": 0.72},
        {"model": "forest", "role": "candidate", "auc": 0.8},
    ]
    groups = [{"predicted": 0.1, "realised": 0.05, "count": 50}, {"predicted": 0.6, "realised": 0.7, "count": 50}]
    lists = [
        {"list": "discover", "customers": "warm", "method": method, "recall": recall, "model": method}
        for method, recall in (("model", 0.4), ("popularity", 0.25))
    ]
    mase = [{"series": "orders", "model": name, "mase": value} for name, value in (("theta on roots", 0.9), ("seasonal naive", 1.2))]  # fmt: skip
    return [
        fit("purchase", "forest", months[0], {"holdout": {"holdout": examined}, "calibration": groups}),
        fit("purchase", "boosting", months[1], {}, in_force=False),
        fit("clv", "bgnbd", months[0], {"figures": {"purchase_error_ratio": 0.7, "money_error_ratio": 0.5}}),
        fit("forecast", "theta on roots", months[0], {"holdout": {"holdout": mase}}),
        fit("recommendations", "blend", months[0], {"holdout": {"holdout": lists}}),
        fit("segments", "kmeans", months[0], {"figures": {"k": 4, "typical_share": 0.8}}),
    ]


def fed_back(source: str, shown: int, clicks: int) -> Row:
    return week(
        list="discover", source=source, impression_count=shown, click_count=clicks, purchase_count=3, click_rate=clicks / shown,
        lift=0.3, lift_low=0.1, lift_high=0.5,
    )  # fmt: skip


def everything() -> dict[Table, list[Row]]:
    series = [("revenue", None, 3000.0), ("orders", None, 20.0), ("customers", None, 18.0), ("demand", "茶", 40.0)]
    made = [forecasts(*each) for each in series]
    weeks = [AS_OF - timedelta(days=7 * back) for back in range(4)]
    return {
        ORDERS: sold(),
        PRODUCTS: [
            {"product_id": key, "title": title, "category": "茶", "price": 30.0, "in_stock": True, "known_on": AS_OF - timedelta(days=9)}
            for key, title in TITLES.items()
        ],
        PRODUCT_SATISFACTION: [judged(PLAIN, 50, 2, 0.87, 0.99), judged(ODD, 4, 16, 0.08, 0.42)],
        ASPECT_TRENDS: [aspect(None, 0.8, 0.82, False, ["包装破了", HARM]), aspect(ODD, 0.4, 0.9, True, [BREAK])],
        REVIEW_SCORES: reviewed(),
        recommendations.TOGETHER: [
            week(product_id=a, other_product_id=b, position=1, order_count=12, support_share=0.04, confidence_share=share, lift=5.5)
            for a, b, share in ((PLAIN, ODD, 0.2), (ODD, PLAIN, 0.6))
        ],
        recommendations.FEEDBACK: [fed_back("collaborative", 400, 40), fed_back("content", 300, 20)],
        forecast.FORECASTS: [row for days, _ in made for row in days],
        forecast.TOTALS: [row for _, sums in made for row in sums],
        forecast.BACKTESTS: [backtest(name, category, day, 0.8) for name, category, _ in series for day in weeks],
        forecast.AGREEMENT: [
            week(horizon_days=56, expected_spend=90_000.0, revenue=120_000.0, known_share=0.8, new_share=0.15, guest_share=0.05, spend_to_known_revenue=0.94)
        ],
        predictions.BACKTESTS: [
            {"as_of": day, "scored_as_of": day - timedelta(days=56), "horizon_days": 56, "customer_count": 300, "mean_score": 0.3, "realised_rate": 0.28, "auc": 0.81}
            for day in weeks
        ],
        predictions.DRIFT: [week(feature="recency_days", psi=0.31, fitted_as_of=weeks[1]), week(feature="score", psi=0.02, fitted_as_of=weeks[1])],
        REGISTRY: fits(),
        QUARANTINE: [{"source_table": "orders", "delivered_on": AS_OF - timedelta(days=day), "reason": "quantity is 0", "row_count": 3} for day in (2, 20)],
        REFUSALS: [],
    }  # fmt: skip


def published(folder: Path, store: str, made: Mapping[Table, Sequence[Row]]) -> Iterator[Api]:
    place = write_store(folder / "corner", store)
    home = open_home(load_shop(str(place)), folder / "home")
    with duckdb.connect() as connection:
        tables(connection, 40)
        for table, rows in made.items():
            if table not in TABLES:
                insert(connection, table, rows)
        parts = [Part(table.qualified, f"SELECT * FROM {table.qualified}", is_weekly=True) for table in TABLES]
        parts += [
            Part(table.qualified, f"SELECT * FROM {table.qualified}", is_weekly=table.partitioning == "weekly")
            for table in made
        ]
        snapshot = write(connection, home.snapshot, parts, "first", AS_OF, lambda table, column: column or table)
        point(home.snapshot, snapshot, 3)
    with served(place, home) as api:
        yield api


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A shop that has all that the rooms tell of."""
    yield from published(tmp_path_factory.mktemp("rooms"), STORE, everything())


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A shop of orders without prices: no products, reviews, events, forecasts of money, or fits."""
    orders = ORDERS.for_shop(False, frozenset({"orders"}))
    kept = set(orders.column_names)
    made = {
        orders: [{name: value for name, value in row.items() if name in kept} for row in sold()],
        forecast.FORECASTS: list(forecasts("orders", None, 20.0)[0]),
    }
    yield from published(tmp_path_factory.mktemp("bare"), STORE.replace("currency: CNY\n", ""), made)


def see(api: Api, path: str, language: str = "en", status: int = 200) -> str:
    answer = Visitor(api, language).log_in().see(path)
    assert answer.status_code == status, path
    return answer.text


def test_every_number_of_a_room_is_what_its_query_gives(shop: Api) -> None:
    store = load_shop(str(shop.home.folder.parent.parent / "corner"))
    visitor = Visitor(shop).log_in()
    counts = {}
    with opened(shop.home) as reader:
        known = queries(ready(reader, store), *(room.figures for room in ROOMS if room.figures))
        for path in PAGES:
            found = set(FIGURE.findall(html.unescape(visitor.see(path).text)))
            counts[path] = len(found)
            for address, shown in found:
                url = urlsplit(address)
                sql = known[url.path.rsplit("/", 1)[1]]
                row = parse_qs(url.query).get("row", [""])[0]
                cursor = reader.connection.execute(sql, {"row": row} if "$row" in sql else {})
                (result, *_) = cursor.fetchone() or (None,)
                assert result is not None and float(result) == pytest.approx(float(shown), abs=6e-5), (path, address)
    assert min(counts.values()) >= 7 and sum(counts.values()) > 250, counts


@pytest.mark.parametrize("path", PAGES)
def test_a_room_says_the_same_in_both_languages(shop: Api, path: str) -> None:
    visitor = Visitor(shop).log_in()
    pages = [visitor.see(path, params={"lang": language}).text for language in ("zh", "en")]
    for page, language in zip(pages, ("zh", "en"), strict=True):
        assert f'<html lang="{language}">' in page
    figures = [sorted(FIGURE.findall(page)) for page in pages]
    assert figures[0] == figures[1] and len(figures[0]) >= 7


def test_what_shops_and_customers_wrote_is_text(shop: Api) -> None:
    visitor = Visitor(shop).log_in()
    for path in (*PAGES, "/console/products?find=%3Cscript%3E", "/console/products/%3C%2Fscript%3E%3Cimg%20src%3Dx%20onerror%3Dalert(2)%3E"):  # fmt: skip
        page = visitor.see(path).text
        assert "<script>alert" not in page and "<img src=x" not in page, path
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in visitor.see("/console/voice").text


def test_products_are_sorted_by_what_the_address_says(shop: Api) -> None:
    def first(path: str) -> str:
        table = see(shop, path).partition('id="sold"')[2].partition("<tbody>")[2]
        found = re.search(r'<th scope="row"><a href="([^"]+)"', table)
        assert found
        return found[1]

    assert first("/console/products") == first("/console/products?sold=nonsense")
    assert first("/console/products").endswith("%E8%8C%B6%2F%E7%BB%BF%2050%25")
    assert first("/console/products?sold=pieces") == first("/console/products?sold=rising") == "/console/products/p1"
    sorted_by = see(shop, "/console/products?sold=falling")
    assert 'aria-sort="ascending"><a href="?sold=rising#sold"' in sorted_by


def test_a_product_is_found_by_its_id_or_title_and_has_a_page(shop: Api) -> None:
    visitor = Visitor(shop).log_in()
    for asked in ("p1", "P1", "绿茶"):
        led = visitor.see("/console/products", params={"find": asked}, allow_redirects=False)
        assert (led.status_code, led.headers["location"]) == (303, "/console/products/p1")
    several = visitor.see("/console/products", params={"find": "茶"}).text
    assert several.count('<th scope="row"><a href="/console/products/') == 3
    for nothing in ("nothing", "{0}", "{x}"):
        page = visitor.see("/console/products", params={"find": nothing})
        assert page.status_code == 200 and f'No product is called “<bdi translate="no">{nothing}</bdi>”' in page.text
    odd = visitor.see("/console/products/%E8%8C%B6%2F%E7%BB%BF%2050%25")
    assert odd.status_code == 200 and "clearly below all products" in odd.text
    plain = re.sub(r"</?(a|data)\b[^>]*>", "", visitor.see("/console/products/p1").text)
    assert "<h1>绿茶 礼盒</h1>" in plain and "10 pieces this week, 6 in a usual one: the highest in 13 weeks." in plain
    assert "There is no product “nobody”" in html.unescape(see(shop, "/console/products/nobody", status=404))
    assert "没有商品“nobody”" in see(shop, "/console/products/nobody", "zh", 404)


def test_voice_warns_of_what_fell_by_more_than_noise(shop: Api) -> None:
    page = html.unescape(see(shop, "/console/voice", "zh"))
    assert "预警" in page and re.search(r"的质量：好评率从 .*90%.* 降到 .*40%", page)
    assert "包装破了" in page and "差评最多的商品" in page


def test_the_lists_of_a_customer_are_those_of_their_card(shop: Api) -> None:
    lists = shop.ask("/customers/c00000007/recommendations").json()["recommendations"]
    page = (
        see(shop, "/console/recommendations?customer=c00000007")
        .partition('id="customer"')[2]
        .partition("</section>")[0]
    )
    assert [html.unescape(title) for title in re.findall(r'<th scope="row"><a [^>]+><bdi[^>]*>([^<]+)', page)] == [
        row["title"] for row in lists
    ]
    assert all(html.escape(row["because_en"]) in page for row in lists)
    nobody = see(shop, "/console/recommendations?customer=nobody", "zh", 404)
    assert "没有找到客户“nobody”" in re.sub("<[^>]+>", "", nobody) and "推荐规则" in nobody


def test_what_clicks_say_of_the_lists_is_beside_the_control_group(shop: Api) -> None:
    page = re.sub(r"<[^>]+>", "", see(shop, "/console/recommendations"))
    assert "Of 700 impressions, the click rate of these lists lies +30% from the control group's (95% interval +10% – +50%): they do better." in html.unescape(page)  # fmt: skip


def test_forecasts_name_events_intervals_and_what_came_of_earlier_ones(shop: Api) -> None:
    page = html.unescape(re.sub(r"<[^>]+>", "", see(shop, "/console/forecast", "zh")))
    assert "28 天销售额的 80% 区间在 50 次中说对了 41 次" in page
    assert "春节（2026-02-01 至 2026-02-01）" in page
    assert "近几个月到期的 4 次销售额预测中，有 4 次比照搬上周更准" in page and "误差小 20%" in page
    assert "前者是后者的 94%：两种算法说的是同一件事" in page


def test_data_health_says_what_is_kept_out_and_how_models_do(shop: Api) -> None:
    page = html.unescape(re.sub(r"<[^>]+>", "", see(shop, "/console/health")))
    assert "Ranks a buyer above a non-buyer 80% of the time, the best simple rule 72%" in page
    assert "Who buys again, who leaves: the newest fit was no better, so the one before stays." in page
    assert "purchases by 30%, money by 50%" in page and "by 25% less than repeating last week" in page
    assert "other customers by now" in page
    assert "quantity 是 0" in see(shop, "/console/health", "zh") or "quantity 为 0" in see(
        shop, "/console/health", "zh"
    )


def test_what_a_shop_lacks_is_absent(bare: Api) -> None:
    visitor = Visitor(bare, "zh").log_in()
    menu = visitor.see("/console/health").text
    assert "/console/voice" not in menu and "/console/products" in menu
    assert visitor.see("/console/voice").status_code == 404
    for path in ("/console/products", "/console/products/p1", "/console/forecast", "/console/recommendations", "/console/health"):  # fmt: skip
        page = visitor.see(path)
        assert page.status_code == 200, path
        assert not re.search(r"销售额|好评|None|nan\b", re.sub(r"<[^>]+>", "", page.text)), path
    assert FIGURE.search(visitor.see("/console/products").text)
    assert visitor.see("/console/products", params={"find": "p1"}, allow_redirects=False).status_code == 303
