"""What spoke for and against a purchase in a session, in Chinese and English."""

from typing import Any

import numpy as np
import pandas as pd

from resources.words import Words

REASONS = 3

WORDS: dict[str, Words] = {
    "event_count": Words("本次访问操作 {} 次", "actions in this visit: {}"),
    "view_count": Words("浏览商品 {} 次", "product views: {}"),
    "cart_count": Words("加购 {} 件", "products put into the cart: {}"),
    "favorite_count": Words("收藏 {} 件", "favourites: {}"),
    "search_count": Words("搜索 {} 次", "searches: {}"),
    "click_count": Words("点击推荐 {} 次", "clicks on lists: {}"),
    "product_count": Words("看过 {} 款商品", "different products looked at: {}"),
    "seconds": Words("停留 {} 秒", "seconds in the shop: {}"),
    "earlier_session_count": Words("近期访问过 {} 次", "recent visits: {}"),
    "order_count": Words("此前下单 {} 次", "earlier orders: {}"),
    "since_order_days": Words("距上次下单 {} 天", "days since the last order: {}"),
    "channel": Words("渠道：{}", "channel: {}"),
}
NEVER = {"since_order_days": Words("还没有下过单", "no order yet"), "channel": Words("渠道不明", "channel not known")}


def reasons(sessions: pd.DataFrame, features: list[str], contributions: "np.ndarray[Any, Any]") -> dict[str, list[str]]:
    """reasons_zh and reasons_en: the largest contributions of each row, an arrow up for those that spoke for a purchase."""
    largest = np.argsort(-np.abs(contributions), axis=1, kind="stable")[:, :REASONS]
    values = {name: sessions[name].astype(object).where(sessions[name].notna(), None).tolist() for name in features}
    texts = [
        Words.join(
            _phrase(features[column], values[features[column]][row], is_for=contributions[row, column] > 0)
            for column in columns
        )
        for row, columns in enumerate(largest)
    ]
    return {"reasons_zh": [text.zh for text in texts], "reasons_en": [text.en for text in texts]}


def _phrase(feature: str, value: Any, *, is_for: bool) -> Words:
    arrow = Words("↑ ", "↑ ") if is_for else Words("↓ ", "↓ ")
    if value is None or value == "":
        return arrow + NEVER[feature]
    return arrow + WORDS[feature].format(value if isinstance(value, str) else f"{value:.0f}")
