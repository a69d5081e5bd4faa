"""The card of a customer: in the shop's language, with what is published of this person and nothing made up for what is not."""

import json
from pathlib import Path

import duckdb
import pytest

from resources.errors import ZhikeError
from resources.home import Home
from serving.card import card
from tests.shop_builder import Bench

CUSTOMERS = """
    SELECT DATE '2024-02-05' AS as_of, 'anna' AS person_id, DATE '2024-01-02' AS first_purchase_on, DATE '2024-01-18' AS last_purchase_on,
        18 AS recency_days, 4 AS frequency
"""
MONEY = "SELECT c.*, 1234.5 AS spend, 308.625 AS monetary_value FROM ({}) AS c"
ALL = {
    "customers": MONEY.format(CUSTOMERS),
    "segments": "SELECT DATE '2024-02-05' AS as_of, 'anna' AS person_id, '高频客户' AS label_zh, 'Frequent customers' AS label_en",
    "rfm": """
        SELECT DATE '2024-02-05' AS as_of, 'anna' AS person_id, '忠诚客户' AS group_zh, 'Loyal' AS group_en,
            '重要价值客户' AS class_zh, 'Key customers to cherish' AS class_en
    """,
    "clv": """
        SELECT DATE '2024-02-05' AS as_of, 'anna' AS person_id, 0.4 AS margin_share, 100.4 AS clv_12m, 20.0 AS clv_low_12m, 213.0 AS clv_high_12m,
            3.14 AS expected_purchases_12m, DATE '2024-02-20' AS next_order_on, DATE '2024-02-08' AS next_order_low_on, DATE '2024-03-30' AS next_order_high_on
    """,
    "predictions": """
        SELECT DATE '2024-01-29' AS as_of, 'anna' AS person_id, 77 AS horizon_days, 0.73 AS p_purchase, 0.27 AS p_churn,
            '18 天前下过单' AS reasons_zh, 'ordered 18 days ago' AS reasons_en
    """,
    "customer_opinions": """
        SELECT DATE '2024-02-05' AS as_of, 'anna' AS person_id, 5 AS review_count, 4.4 AS review_rating, 2 AS negative_review_count_90d
    """,
    "contacts": """
        SELECT DATE '2024-02-05' AS as_of, 'anna' AS person_id, 3 AS contacts_90d, 1 AS complaints_90d, '投诉' AS last_contact_reason_zh,
            'Complaint' AS last_contact_reason_en
    """,
    "recommendations": """
        SELECT DATE '2024-02-05' AS as_of, 'anna' AS person_id, * FROM (VALUES
            ('discover', 1, 'p1', '红茶', '因为您买过绿茶', 'Because you bought green tea', NULL),
            ('rebuy', 1, 'p2', '杯子', '', '', DATE '2024-06-01'),
            ('rebuy', 2, 'p3', '绿茶', '', '', DATE '2024-02-07')
        ) AS t(list, position, product_id, title, because_zh, because_en, due_on)
    """,
}


def published(folder: Path, tables: dict[str, str]) -> Home:
    version = folder / "snapshot" / "current"
    version.mkdir(parents=True)
    with duckdb.connect(str(version / "zhike.duckdb")) as snapshot:
        for name, select in tables.items():
            snapshot.execute(f"CREATE TABLE {name}_latest AS {select}")
    counts = {f"{name}_latest": 1 for name in tables}
    (version / "manifest.json").write_text(json.dumps({"as_of": "2024-02-05", "row_counts": counts}), "utf-8")
    return Home(folder)


def test_a_card_says_who_what_worth_at_what_risk_and_what_to_do_next(delivered: Bench, tmp_path: Path) -> None:
    shop = delivered.shop.model_copy(update={"locale": "zh"})
    found = card(published(tmp_path, ALL), shop, "anna")
    assert found.title == "anna · 茶馆 · 2024-02-05"
    assert dict(found.parts) == {
        "是谁": (
            "忠诚客户（RFM：重要价值客户）",
            "高频客户",
            "自 2024-01-02 起购买 4 次，最近一次 2024-01-18（18 天前）",
        ),
        "价值": (
            "累计消费 1,234 元，平均每次 309 元",
            "未来 12 个月的毛利预计 100 元（20 元 至 213 元），预计购买 3.1 次",
        ),
        "流失风险": (
            "77 天内再次购买的概率 73%，流失概率 27%（截至 2024-01-29）",
            "18 天前下过单",
            "预计下次下单在 2024-02-20 前后（2024-02-08 至 2024-03-30）",
        ),
        "评价": ("5 条评价，平均 4.4 星",),
        "联系": ("最近一次的问题：投诉", "近 90 天投诉 1 次"),
        # First what went wrong, then what is due, the earliest first, then what is new.
        "下一步": (
            "近 90 天有 2 条差评：先联系客户，解决问题",
            "提醒复购：绿茶（预计 2024-02-07 前后再买）",
            "提醒复购：杯子（预计 2024-06-01 前后再买）",
            "推荐：红茶（可以对客户说：因为您买过绿茶）",
        ),
    }


def test_a_shop_without_prices_or_models_has_a_shorter_card(delivered: Bench, tmp_path: Path) -> None:
    shop = delivered.shop.model_copy(update={"currency": None})
    found = card(published(tmp_path, {"customers": CUSTOMERS}), shop, "anna")
    assert found.title == "anna · Tea house · 2024-02-05"
    assert found.parts == (("Who", ("4 purchases since 2024-01-02, the latest on 2024-01-18 (18 days ago)",)),)


def test_who_has_not_bought_is_told_so_and_who_is_unknown_has_no_card(delivered: Bench, tmp_path: Path) -> None:
    visitor = f"SELECT * REPLACE (0 AS frequency, NULL AS first_purchase_on, NULL AS last_purchase_on) FROM ({ALL['customers']})"
    home = published(tmp_path, {"customers": visitor})
    assert card(home, delivered.shop, "anna").parts == (("Who", ("has not bought yet",)),)
    with pytest.raises(ZhikeError, match="no customer 'nobody' in the newest week"):
        card(home, delivered.shop, "nobody")
