"""What a card says of today: what was done and is expected now, with nothing of what there is not."""

from serving.activity import told

DONE = {"session_count": 2, "view_count": 5, "cart_count": 1, "favorite_count": 0, "search_count": 0, "click_count": 0}
QUIET = dict.fromkeys(DONE, 0)
NO_SCORE = {"horizon_days": None, "p_purchase": None, "p_churn": None, "reasons_zh": None, "reasons_en": None}


def test_today_is_told_with_its_visit_and_what_is_expected_now() -> None:
    today = {
        "on": "2026-01-13",
        **DONE,
        "visit": {
            "started_at": "2026-01-13T01:05:00+00:00",
            "p_purchase": 0.314,
            "reasons_zh": "↑ 加购 1 次",
            "reasons_en": "↑ 1 in the cart",
        },
        "horizon_days": 77,
        "p_purchase": 0.62,
        "p_churn": 0.38,
        "reasons_zh": "↑ 3 天前下过单",
        "reasons_en": "↑ ordered 3 days ago",
    }
    said = [line.plain for line in told(today, "Asia/Shanghai")]
    assert [line.zh for line in said] == [
        "2026-01-13：来访 2 次，浏览商品 5 次，加购 1 次",
        "09:05 开始的这次访问，下单概率 31%：↑ 加购 1 次",
        "按今天的情况，77 天内再次购买的概率 62%：↑ 3 天前下过单",
    ]
    assert said[0].en == "2026-01-13: visits: 2, products viewed: 5, added to the cart: 1"
    assert said[1].en.startswith("The visit since 09:05 ends in an order with a probability of 31%: ↑ 1")


def test_who_did_nothing_that_is_counted_has_nothing_said() -> None:
    assert told({"on": "2026-01-13", **QUIET, "visit": None, **NO_SCORE}, "Asia/Shanghai") == []
