"""Why a customer is expected to buy or not, in words: the contributions that move the score most.

Inputs that say nearly the same share a theme, so that a customer is not told three times that the last order is long ago:
a theme counts with the sum of its contributions and speaks through the largest one of that sign. The words follow from
input, sign and value; {v} is the value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from resources.learning.encoding import Floats, is_number

SHOWN = 3
SEPARATORS = {"zh": "；", "en": "; "}
NOTHING = {"zh": "与一般顾客无异", "en": "much like a usual customer"}


@dataclass(frozen=True)
class Wording:
    """What is said when an input raises the score, and when it lowers it."""

    theme: str
    raises_zh: str
    raises_en: str
    lowers_zh: str
    lowers_en: str


def _window(theme: str, days: int, zh: str, en: str) -> Wording:
    return Wording(
        theme,
        f"近 {days} 天{zh} {{v}} 次",
        f"{{v}} {en} in the last {days} days",
        f"近 {days} 天只{zh} {{v}} 次",
        f"only {{v}} {en} in the last {days} days",
    )


def _money(theme: str, days: int) -> Wording:
    return Wording(
        theme,
        f"近 {days} 天消费 {{v}}",
        f"spent {{v}} in the last {days} days",
        f"近 {days} 天消费仅 {{v}}",
        f"spent only {{v}} in the last {days} days",
    )


WORDINGS: dict[str, Wording] = {
    "recency_days": Wording(
        "recency", "{v} 天前刚下过单", "ordered {v} days ago", "已 {v} 天没有下单", "no order for {v} days"
    ),
    "recency_to_gap": Wording(
        "recency",
        "距上次下单仅为平时间隔的 {v} 倍，还不算久",
        "since the last order only {v} times the usual gap has passed",
        "距上次下单已是平时间隔的 {v} 倍",
        "quiet for {v} times the usual gap between orders",
    ),
    "frequency": Wording(
        "habit",
        "累计有 {v} 天下单",
        "ordered on {v} days so far",
        "总共只下过 {v} 天单",
        "ordered on only {v} days so far",
    ),
    "t_days": Wording(
        "age", "首单至今 {v} 天", "customer for {v} days", "首单至今已 {v} 天", "first order was {v} days ago"
    ),
    "tenure_days": Wording(
        "age", "注册 {v} 天", "registered {v} days ago", "注册已 {v} 天", "registered as long as {v} days ago"
    ),
    "spend": Wording("money", "累计消费 {v}", "spent {v} so far", "累计消费仅 {v}", "spent only {v} so far"),
    "monetary_value": Wording(
        "money", "平均每单 {v}", "{v} an order on average", "平均每单只有 {v}", "only {v} an order on average"
    ),
    "purchases_7d": _window("lately", 7, "下单", "orders"),
    "purchases_30d": _window("lately", 30, "下单", "orders"),
    "purchases_90d": _window("lately", 90, "下单", "orders"),
    "purchases_365d": _window("habit", 365, "下单", "orders"),
    "spend_7d": _money("lately", 7),
    "spend_30d": _money("lately", 30),
    "spend_90d": _money("lately", 90),
    "spend_365d": _money("money", 365),
    "purchase_trend": Wording(
        "lately", "近来下单变多", "ordering more than before", "近来下单变少", "ordering less than before"
    ),
    "gap_mean_days": Wording(
        "rhythm", "平均 {v} 天下一次单", "orders every {v} days", "平均 {v} 天才下一次单", "orders only every {v} days"
    ),
    "gap_sd_days": Wording(
        "rhythm",
        "下单间隔规律（相差约 {v} 天）",
        "orders at a steady pace (give or take {v} days)",
        "下单间隔不规律（相差约 {v} 天）",
        "orders irregularly (give or take {v} days)",
    ),
    "returned_line_count": Wording(
        "returns",
        "退过 {v} 件仍在光顾",
        "stays with the shop over {v} returns",
        "退过 {v} 件商品",
        "returned {v} products",
    ),
    "return_share": Wording(
        "returns", "退货占 {v}", "returns {v} of the pieces", "退货占到 {v}", "returns as much as {v} of the pieces"
    ),
    "lines_a_purchase": Wording(
        "basket", "每次买 {v} 种", "{v} products an order", "每次只买 {v} 种", "only {v} products an order"
    ),
    "items_a_purchase": Wording(
        "basket", "每次买 {v} 件", "{v} pieces an order", "每次只买 {v} 件", "only {v} pieces an order"
    ),
    "category_count": Wording(
        "breadth",
        "买过 {v} 个品类",
        "bought from {v} categories",
        "只买过 {v} 个品类",
        "bought from only {v} categories",
    ),
    "channel_count": Wording(
        "breadth", "使用 {v} 个渠道", "uses {v} channels", "只使用 {v} 个渠道", "uses only {v} channels"
    ),
    "account_count": Wording("age", "有 {v} 个账号", "has {v} accounts", "有 {v} 个账号", "has {v} accounts"),
    "session_count_30d": _window("visits", 30, "来访", "visits"),
    "view_count_30d": _window("visits", 30, "浏览商品", "product views"),
    "cart_count_30d": _window("visits", 30, "加入购物车", "products put into the cart"),
    "visit_recency_days": Wording(
        "visits", "{v} 天前来看过", "visited {v} days ago", "已 {v} 天没有来访", "no visit for {v} days"
    ),
    "age_band": Wording(
        "profile", "年龄段 {v}", "aged {v}", "年龄段 {v} 较少回购", "aged {v}, a group that comes back less"
    ),
    "gender": Wording(
        "profile", "性别 {v}", "gender {v}", "性别 {v} 较少回购", "gender {v}, a group that comes back less"
    ),
    "region": Wording("region", "来自{v}", "from {v}", "来自{v}，当地回购较少", "from {v}, where fewer come back"),
    "occupation": Wording(
        "profile", "职业 {v}", "works as {v}", "职业 {v} 较少回购", "works as {v}, a group that comes back less"
    ),
}
MISSING = {
    "raises_zh": "“{n}”没有记录",
    "raises_en": "{n} not recorded",
    "lowers_zh": "“{n}”没有记录",
    "lowers_en": "{n} not recorded",
}
# A value that does not exist for who bought once speaks of exactly that.
ONCE = {"zh": "只下过一天单", "en": "ordered on one day only"}
OF_REPEAT_BUYERS = ("gap_mean_days", "gap_sd_days", "recency_to_gap")
NEVER_SEEN = {"zh": "没有来访记录", "en": "no visit on record"}
SHARES = ("return_share",)


def reasons(features: list[str], contributions: Floats, frame: pd.DataFrame) -> Mapping[str, list[str]]:
    """For each row its SHOWN strongest themes, in `zh` and `en`, strongest first."""
    themes = sorted({WORDINGS[name].theme for name in features})
    members = [[at for at, name in enumerate(features) if WORDINGS[name].theme == theme] for theme in themes]
    # Rounded, so that the order of equal ones does not hang on the last bit.
    sums = np.column_stack([contributions[:, own].sum(axis=1) for own in members]).round(9)
    order = np.argsort(-np.abs(sums), axis=1, kind="stable")[:, :SHOWN]
    values = {name: frame[name].to_numpy(object) for name in features}
    numbers = {name for name in features if is_number(frame[name])}
    cache: dict[Any, tuple[str, str]] = {}
    said: dict[str, list[str]] = {"zh": [], "en": []}
    for row in range(len(frame)):
        found = []
        for theme in order[row]:
            total = sums[row, theme]
            if abs(total) < 1e-6:
                continue
            sign = 1 if total > 0 else -1
            at = max(members[theme], key=lambda column: sign * contributions[row, column])
            name = features[at]
            value = _shown(name, values[name][row], name in numbers)
            key = (name, sign, value)
            if key not in cache:
                cache[key] = _worded(name, sign > 0, value)
            found.append(cache[key])
        for position, language in enumerate(("zh", "en")):
            texts = list(dict.fromkeys(words[position] for words in found))
            said[language].append(SEPARATORS[language].join(texts) or NOTHING[language])
    return said


def _shown(name: str, value: Any, is_numeric: bool) -> str | None:
    """The value as people read it; None where there is none."""
    if value is None or value is pd.NA or value != value:
        return None
    if not is_numeric:
        return str(value) or None
    number = float(value)
    if name in SHARES:
        return f"{number:.0%}"
    return f"{number:,.0f}" if abs(number) >= 10 or number == int(number) else f"{number:.1f}"


def _worded(name: str, raises: bool, value: str | None) -> tuple[str, str]:
    if value is None:
        if name in OF_REPEAT_BUYERS:
            return ONCE["zh"], ONCE["en"]
        if name == "visit_recency_days":
            return NEVER_SEEN["zh"], NEVER_SEEN["en"]
        side = "raises" if raises else "lowers"
        return tuple(MISSING[f"{side}_{language}"].format(n=name) for language in ("zh", "en"))  # pyright: ignore[reportReturnType]
    wording = WORDINGS[name]
    zh, en = (wording.raises_zh, wording.raises_en) if raises else (wording.lowers_zh, wording.lowers_en)
    return zh.format(v=value), _plural(en.format(v=value), value)


def _plural(text: str, value: str) -> str:
    if value != "1":
        return text
    for many, one in (
        ("1 days", "1 day"),
        ("1 orders", "1 order"),
        ("1 visits", "1 visit"),
        ("1 products", "1 product"),
        ("1 product views", "1 product view"),
        ("1 pieces", "1 piece"),
        ("1 categories", "1 category"),
        ("1 channels", "1 channel"),
        ("1 accounts", "1 account"),
        ("1 returns", "1 return"),
        ("1 times", "1 time"),
    ):
        text = text.replace(many, one)
    return text
