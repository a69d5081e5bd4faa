"""What spoke for and against a purchase in a session, in Chinese and English."""

from typing import Any

import numpy as np
import pandas as pd

from resources.values import named
from resources.words import LOWERS, RAISES, Words

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
    "channel": Words("来自{}", "through {}"),
}
NO_ORDER = Words("还没有下过单", "no order yet")
NEVER = {"since_order_days": NO_ORDER, "channel": Words("渠道不明", "channel not known")}
ZERO = {
    "view_count": Words("没有浏览商品", "looked at no product"),
    "cart_count": Words("没有加购", "put nothing into the cart"),
    "favorite_count": Words("没有收藏", "marked no favourite"),
    "search_count": Words("没有搜索", "searched for nothing"),
    "click_count": Words("没有点击推荐", "clicked on no list"),
    "earlier_session_count": Words("近期首次来访", "first visit lately"),
    "order_count": NO_ORDER,
}


def reasons(sessions: pd.DataFrame, features: list[str], contributions: "np.ndarray[Any, Any]") -> dict[str, list[str]]:
    """reasons_zh and reasons_en: the largest contributions of each row, an arrow up for those that spoke for a purchase."""
    largest = np.argsort(-np.abs(contributions), axis=1, kind="stable")
    values = {name: sessions[name].astype(object).where(sessions[name].notna(), None).tolist() for name in features}
    texts = []
    for row, columns in enumerate(largest):
        said: dict[Words, Words] = {}
        for column in columns:
            # What follows from two inputs, such as a first order to come, is said once.
            words = phrase(features[column], values[features[column]][row])
            said.setdefault(words, (RAISES if contributions[row, column] > 0 else LOWERS) + words)
            if len(said) == REASONS:
                break
        texts.append(Words.join(said.values()))
    return {"reasons_zh": [text.zh for text in texts], "reasons_en": [text.en for text in texts]}


def phrase(feature: str, value: Any) -> Words:
    """What is said of an input of a visit."""
    if value is None or value == "":
        return NEVER[feature]
    if isinstance(value, str):
        return WORDS[feature].format(named(value))
    if round(value) == 0 and feature in ZERO:
        return ZERO[feature]
    return WORDS[feature].format(f"{value:,.0f}")
