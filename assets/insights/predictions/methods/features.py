"""Which columns of features.customers a model may see, and from when on they mean the same at every cut-off.

A window longer than the history is half empty at an early cut-off and full at a later one; an age grows with the calendar.
Learned as they are, both teach the model the calendar instead of the customer. So a window is used once the earliest
cut-off has it whole, and ages are capped at what the earliest cut-off could have seen.
"""

from collections.abc import Sequence

WINDOW_DAYS = {
    "purchases_7d": 7,
    "purchases_30d": 30,
    "purchases_90d": 90,
    "purchases_365d": 365,
    "spend_7d": 7,
    "spend_30d": 30,
    "spend_90d": 90,
    "spend_365d": 365,
    "purchase_trend": 180,
    "session_count_30d": 30,
    "view_count_30d": 30,
    "cart_count_30d": 30,
    "negative_review_count_90d": 90,
}
AGES = ("t_days", "recency_days", "visit_recency_days", "tenure_days", "review_recency_days")
OTHERS = (
    "frequency",
    "spend",
    "monetary_value",
    "gap_mean_days",
    "gap_sd_days",
    "recency_to_gap",
    "returned_line_count",
    "return_share",
    "lines_a_purchase",
    "items_a_purchase",
    "category_count",
    "channel_count",
    "account_count",
    "age_band",
    "gender",
    "region",
    "occupation",
)
# What a customer's reviews say: inputs of a challenger only.
OPINIONS = (
    "review_count",
    "review_recency_days",
    "review_rating",
    "review_sentiment",
    "latest_review_sentiment",
    "negative_review_count_90d",
)
LONGEST_DAYS = 365
BASELINES: dict[str, tuple[str, ...]] = {
    "recency": ("recency_days",),
    "frequency": ("frequency",),
    "logistic_rfm": ("recency_days", "frequency", "spend"),
}


def inputs(columns: Sequence[str], history_days: int) -> list[str]:
    """The inputs among `columns` where the earliest cut-off has `history_days` of history, without OPINIONS."""
    windows = [name for name, days in WINDOW_DAYS.items() if days <= history_days]
    return [name for name in (*AGES, *OTHERS, *windows) if name in columns and name not in OPINIONS]


def opinion_inputs(columns: Sequence[str], history_days: int) -> list[str]:
    """Those of OPINIONS among `columns`; none where the shop has no reviews."""
    return [name for name in OPINIONS if name in columns and WINDOW_DAYS.get(name, 0) <= history_days]


def caps(history_days: int) -> dict[str, float]:
    return dict.fromkeys(AGES, float(min(history_days, LONGEST_DAYS)))
