"""What somebody does today, in words: `today` of their card, which is laid over it until the next snapshot."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from assets.outreach.report.methods.parts import Sentence, percent
from resources.words import NOTHING, Words

TODAY = Words("今天", "Today")
DID = Words("{on}：{what}", "{on}: {what}")
# In the order in which they come nearer to an order.
COUNTS = {
    "session_count": Words("来访 {0} 次", "visits: {0}"),
    "search_count": Words("搜索 {0} 次", "searches: {0}"),
    "view_count": Words("浏览商品 {0} 次", "products viewed: {0}"),
    "click_count": Words("点击推荐 {0} 次", "recommendations clicked: {0}"),
    "favorite_count": Words("收藏 {0} 次", "favourites: {0}"),
    "cart_count": Words("加购 {0} 次", "added to the cart: {0}"),
}
VISIT = Words(
    "{at} 开始的这次访问，下单概率 {share}{why}",
    "The visit since {at} ends in an order with a probability of {share}{why}",
)
BUYS = Words(
    "按今天的情况，{days} 天内再次购买的概率 {share}{why}",
    "By what is known today, buys again within {days} days with a probability of {share}{why}",
)
WHY = Words("：{0}", ": {0}")
BETWEEN = Words("，", ", ")


def told(today: Mapping[str, Any], time_zone: str) -> list[Sentence]:
    """Sentences of what was done today, of the visit that goes on, and of the purchase as it is expected now; those that there are."""
    counted = [words.format(today[name]) for name, words in COUNTS.items() if today.get(name)]
    said = [Sentence(DID, {"on": today["on"], "what": Words.join(counted, BETWEEN)})] if counted else []
    visit = today.get("visit")
    if visit and visit["p_purchase"] is not None:
        at = datetime.fromisoformat(visit["started_at"]).astimezone(ZoneInfo(time_zone)).strftime("%H:%M")
        said.append(Sentence(VISIT, {"at": at, "share": percent(visit["p_purchase"]), "why": _why(visit)}))
    if today.get("p_purchase") is not None:
        fields = {"days": str(today["horizon_days"]), "share": percent(today["p_purchase"]), "why": _why(today)}
        said.append(Sentence(BUYS, fields))
    return said


def _why(row: Mapping[str, Any]) -> Words:
    return WHY.format(Words(row["reasons_zh"], row["reasons_en"])) if row.get("reasons_en") else NOTHING
