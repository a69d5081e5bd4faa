"""What spoke for and against a purchase in a session, in Chinese and English."""

from typing import Any

import numpy as np
import pandas as pd

REASONS = 3

WORDS: dict[str, tuple[str, str]] = {
    "event_count": ("这次访问的动作：{}", "actions in this visit: {}"),
    "view_count": ("浏览商品次数：{}", "product views: {}"),
    "cart_count": ("加入购物车件数：{}", "products put into the cart: {}"),
    "favorite_count": ("收藏件数：{}", "favourites: {}"),
    "search_count": ("搜索次数：{}", "searches: {}"),
    "click_count": ("点击推荐次数：{}", "clicks on lists: {}"),
    "product_count": ("看过的不同商品：{}", "different products looked at: {}"),
    "seconds": ("停留秒数：{}", "seconds in the shop: {}"),
    "earlier_session_count": ("近来已访问次数：{}", "earlier visits of late: {}"),
    "order_count": ("此前下单数：{}", "earlier orders: {}"),
    "since_order_days": ("距上次下单天数：{}", "days since the last order: {}"),
    "channel": ("渠道：{}", "channel: {}"),
}
NEVER = {"since_order_days": ("还没有下过单", "no order yet"), "channel": ("渠道不明", "channel not known")}


def reasons(sessions: pd.DataFrame, features: list[str], contributions: "np.ndarray[Any, Any]") -> dict[str, list[str]]:
    """reasons_zh and reasons_en: the largest contributions of each row, an arrow up for those that spoke for a purchase."""
    largest = np.argsort(-np.abs(contributions), axis=1, kind="stable")[:, :REASONS]
    values = {name: sessions[name].astype(object).where(sessions[name].notna(), None).tolist() for name in features}
    told: dict[str, list[str]] = {"reasons_zh": [], "reasons_en": []}
    for row, columns in enumerate(largest):
        for language, (key, separator) in enumerate((("reasons_zh", "；"), ("reasons_en", "; "))):
            phrases = [
                ("↑ " if contributions[row, column] > 0 else "↓ ")
                + _phrase(features[column], values[features[column]][row], language)
                for column in columns
            ]
            told[key].append(separator.join(phrases))
    return told


def _phrase(feature: str, value: Any, language: int) -> str:
    if value is None or value == "":
        return NEVER[feature][language]
    return WORDS[feature][language].format(value if isinstance(value, str) else f"{value:.0f}")
