"""What is said of each input, in Chinese and English, when a customer has much of it and when little."""

from dataclasses import dataclass

from resources.words import Words

FRESH_DAYS = 14


@dataclass(frozen=True)
class Wording:
    """`theme`: inputs that say nearly the same, of which one speaks. `{v}` is the value. `sense`: 1 where much of it is a good sign,
    -1 where it is a bad one, 0 where it may be either. `zero` is said of none at all. `usual`: above it is much; without it, above
    the median of the customers learned from. Of a text `much` is said where it raises the score, `little` where it lowers it."""

    theme: str
    sense: int
    much: Words
    little: Words
    zero: Words | None = None
    usual: float | None = None
    fresh: Words | None = None
    """Said in place of `little` of at most FRESH_DAYS: only then is it "just"."""


def _times(theme: str, days: int, zh: str, en: str, zero: Words) -> Wording:
    return Wording(
        theme,
        1,
        Words(f"近 {days} 天{zh} {{v}} 次", f"{{v}} {en} in the last {days} days"),
        Words(f"近 {days} 天只{zh} {{v}} 次", f"only {{v}} {en} in the last {days} days"),
        zero,
    )


def _orders(theme: str, days: int) -> Wording:
    return _times(theme, days, "下单", "orders", Words(f"近 {days} 天没有下单", f"no order in the last {days} days"))


def _money(theme: str, days: int) -> Wording:
    return Wording(
        theme,
        1,
        Words(f"近 {days} 天消费 {{v}}", f"spent {{v}} in the last {days} days"),
        Words(f"近 {days} 天消费仅 {{v}}", f"spent only {{v}} in the last {days} days"),
        Words(f"近 {days} 天没有消费", f"spent nothing in the last {days} days"),
    )


NO_REVIEW = Words("没有写过评价", "never wrote a review")

WORDINGS: dict[str, Wording] = {
    "recency_days": Wording(
        "recency",
        -1,
        Words("已 {v} 天没有下单", "no order for {v} days"),
        Words("{v} 天前下过单", "ordered {v} days ago"),
        fresh=Words("{v} 天前刚下过单", "ordered just {v} days ago"),
    ),
    "recency_to_gap": Wording(
        "recency",
        -1,
        Words("距上次下单已是平时间隔的 {v} 倍", "quiet for {v} times the usual gap between orders"),
        Words("距上次下单还不到该回来的时候", "not yet due: little of the usual gap between orders has passed"),
        usual=1.0,
    ),
    "purchases_7d": _orders("recency", 7),
    "purchases_30d": _orders("recency", 30),
    "purchases_90d": _orders("recency", 90),
    "spend_7d": _money("recency", 7),
    "spend_30d": _money("recency", 30),
    "spend_90d": _money("recency", 90),
    "purchase_trend": Wording(
        "recency",
        1,
        Words("近三个月下单比之前多", "orders more than in the three months before"),
        Words("近三个月下单比之前少", "orders less than in the three months before"),
        usual=0.0,
    ),
    "frequency": Wording(
        "habit",
        1,
        Words("先后 {v} 天下过单", "ordered on {v} days so far"),
        Words("只有 {v} 天下过单", "ordered on only {v} days so far"),
    ),
    "purchases_365d": _orders("habit", 365),
    "gap_mean_days": Wording(
        "habit",
        -1,
        Words("平均 {v} 天才下一次单", "orders only every {v} days"),
        Words("平均 {v} 天就下一次单", "orders every {v} days"),
    ),
    "gap_sd_days": Wording(
        "habit",
        -1,
        Words("下单没有规律，间隔相差约 {v} 天", "orders irregularly, give or take {v} days"),
        Words("下单有规律，间隔只差约 {v} 天", "orders at a steady pace, give or take {v} days"),
    ),
    "t_days": Wording(
        "habit",
        0,
        Words("首次下单在 {v} 天前，是老客户", "a long-standing customer: first order {v} days ago"),
        Words("首次下单在 {v} 天前，是新客户", "a new customer: first order {v} days ago"),
    ),
    "spend": Wording(
        "money", 1, Words("累计消费 {v}", "spent {v} so far"), Words("累计消费仅 {v}", "spent only {v} so far")
    ),
    "spend_365d": _money("money", 365),
    "monetary_value": Wording(
        "money",
        0,
        Words("平均每次消费 {v}", "spends {v} at a time"),
        Words("平均每次只消费 {v}", "spends only {v} at a time"),
    ),
    "lines_a_purchase": Wording(
        "basket",
        0,
        Words("每次买 {v} 种商品", "{v} products at a time"),
        Words("每次只买 {v} 种商品", "only {v} products at a time"),
    ),
    "items_a_purchase": Wording(
        "basket",
        0,
        Words("每次买 {v} 件", "{v} pieces at a time"),
        Words("每次只买 {v} 件", "only {v} pieces at a time"),
    ),
    "category_count": Wording(
        "breadth",
        1,
        Words("买过 {v} 个品类", "bought from {v} categories"),
        Words("只买过 {v} 个品类", "bought from only {v} categories"),
    ),
    "channel_count": Wording(
        "breadth",
        1,
        Words("在 {v} 个渠道下单或浏览", "active in {v} channels"),
        Words("只用 {v} 个渠道", "active in only {v} channels"),
    ),
    "account_count": Wording(
        "breadth",
        0,
        Words("名下有 {v} 个账号", "has {v} accounts"),
        Words("名下只有 {v} 个账号", "has only {v} accounts"),
    ),
    "returned_line_count": Wording(
        "returns",
        0,
        Words("退过 {v} 次货", "returned {v} products"),
        Words("只退过 {v} 次货", "returned only {v} products"),
        Words("没有退过货", "never returned anything"),
    ),
    "return_share": Wording(
        "returns",
        0,
        Words("退货率 {v}（按件数）", "returns {v} of the pieces bought"),
        Words("退货率只有 {v}（按件数）", "returns only {v} of the pieces bought"),
        Words("没有退过货", "never returned anything"),
    ),
    "session_count_30d": _times(
        "visits", 30, "来访", "visits", Words("近 30 天没有来访", "no visit in the last 30 days")
    ),
    "view_count_30d": _times(
        "visits",
        30,
        "浏览商品",
        "product views",
        Words("近 30 天没有浏览商品", "looked at no product in the last 30 days"),
    ),
    "cart_count_30d": _times(
        "visits",
        30,
        "加入购物车",
        "products put into the cart",
        Words("近 30 天没有加入购物车", "put nothing into the cart in the last 30 days"),
    ),
    "visit_recency_days": Wording(
        "visits",
        -1,
        Words("已 {v} 天没有来访", "no visit for {v} days"),
        Words("{v} 天前来访过", "visited {v} days ago"),
        fresh=Words("{v} 天前刚来访过", "visited just {v} days ago"),
    ),
    "review_count": Wording(
        "reviews",
        0,
        Words("写过 {v} 条评价", "wrote {v} reviews"),
        Words("只写过 {v} 条评价", "wrote only {v} reviews"),
        NO_REVIEW,
    ),
    "review_recency_days": Wording(
        "reviews",
        0,
        Words("上次评价在 {v} 天前", "last review {v} days ago"),
        Words("{v} 天前写过评价", "wrote a review {v} days ago"),
        fresh=Words("{v} 天前刚写过评价", "wrote a review just {v} days ago"),
    ),
    "review_rating": Wording(
        "reviews",
        1,
        Words("平均给 {v} 星", "gives {v} stars on average"),
        Words("平均只给 {v} 星", "gives only {v} stars on average"),
    ),
    "review_sentiment": Wording(
        "reviews",
        1,
        Words("评价里多是好话", "reviews are mostly praise"),
        Words("评价里多是批评", "reviews are mostly complaints"),
        usual=0.0,
    ),
    "latest_review_sentiment": Wording(
        "reviews",
        1,
        Words("最近一次评价是满意的", "content in the latest review"),
        Words("最近一次评价是不满的", "discontent in the latest review"),
        usual=0.0,
    ),
    "negative_review_count_90d": Wording(
        "reviews",
        -1,
        Words("近 90 天有 {v} 条差评", "{v} negative reviews in the last 90 days"),
        Words("近 90 天只有 {v} 条差评", "only {v} negative reviews in the last 90 days"),
        Words("近 90 天没有差评", "no negative review in the last 90 days"),
        usual=0.0,
    ),
    "tenure_days": Wording(
        "profile",
        0,
        Words("注册已 {v} 天", "registered {v} days ago"),
        Words("注册才 {v} 天", "registered only {v} days ago"),
    ),
    "age_band": Wording(
        "profile",
        0,
        Words("{v} 岁的客户复购较多", "age {v}, who come back more"),
        Words("{v} 岁的客户复购较少", "age {v}, who come back less"),
    ),
    "gender": Wording(
        "profile",
        0,
        Words("{v}性客户复购较多", "{v} customers, who come back more"),
        Words("{v}性客户复购较少", "{v} customers, who come back less"),
    ),
    "region": Wording(
        "region",
        0,
        Words("{v}的客户复购较多", "from {v}, where more come back"),
        Words("{v}的客户复购较少", "from {v}, where fewer come back"),
    ),
    "occupation": Wording(
        "profile",
        0,
        Words("职业为{v}的客户复购较多", "by occupation {v}, where more come back"),
        Words("职业为{v}的客户复购较少", "by occupation {v}, where fewer come back"),
    ),
}

# Said only where the shop allows it: nobody can change them, and few like to be judged by them.
PERSONAL = ("age_band", "gender", "occupation")
NOTHING = Words("与一般客户无异", "much like a usual customer")
# Who ordered once has no gap between orders, and of who never came no visit is known.
ABSENT = {
    "gap_mean_days": Words("只有 1 天下过单", "ordered on only 1 day so far"),
    "gap_sd_days": Words("下单次数太少，看不出规律", "too few orders to see a pace"),
    "recency_to_gap": Words("只有 1 天下过单", "ordered on only 1 day so far"),
    "visit_recency_days": Words("没有来访记录", "no visit on record"),
    "purchase_trend": Words("近半年没有下单", "no order in the last half year"),
    "review_recency_days": NO_REVIEW,
    "review_rating": Words("没有给过星级", "never gave stars"),
    "review_sentiment": Words("没有写过文字评价", "no review in words"),
    "latest_review_sentiment": Words("没有写过文字评价", "no review in words"),
    "tenure_days": Words("没有登记注册日期", "date of registration not on record"),
    "age_band": Words("没有登记年龄", "age not on record"),
    "gender": Words("没有登记性别", "gender not on record"),
    "region": Words("没有登记地区", "region not on record"),
    "occupation": Words("没有登记职业", "occupation not on record"),
}
UNKNOWN = Words("部分资料缺失", "some of the record is missing")
SINGULARS = (
    ("1 days", "1 day"),
    ("1 orders", "1 order"),
    ("1 visits", "1 visit"),
    ("1 product views", "1 product view"),
    ("1 reviews", "1 review"),
    ("1 negative reviews", "1 negative review"),
    ("1 stars", "1 star"),
    ("1 products", "1 product"),
    ("1 pieces", "1 piece"),
    ("1 categories", "1 category"),
    ("1 channels", "1 channel"),
    ("1 accounts", "1 account"),
)
