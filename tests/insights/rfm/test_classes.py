"""What a customer is called is true of them: by the shop's own gaps, times and money, in both languages."""

import numpy as np
import pandas as pd
import pytest

from assets.features.methods.cut_points import USUAL_DAYS, CutPoints, scores
from assets.insights.rfm.methods.classes import GROUPS, classes, meanings

# Half of the gaps are at most 10 days, four in five at most 20, nine in ten 30, and 97 in 100 at most 60.
GAP_DAYS, GAP_COUNTS = np.array([10, 20, 30, 60, 200]), np.array([50, 30, 10, 7, 3])


def shop(**columns: object) -> pd.DataFrame:
    return pd.DataFrame(columns)


BUYERS = shop(frequency=[1] * 50 + [2] * 20 + [3] * 15 + [5] * 10 + [9] * 5, spend=np.arange(100) * 10.0)
CUT_POINTS = CutPoints.of(BUYERS, GAP_DAYS, GAP_COUNTS)


def named(recency_days: int, frequency: int, spend: float) -> tuple[str, str]:
    found = classes(scores(shop(recency_days=[recency_days], frequency=[frequency], spend=[spend]), CUT_POINTS))
    return found["class_zh"][0], found["group_en"][0]


def test_recency_is_cut_at_the_shops_own_gaps_and_frequency_among_those_who_came_back() -> None:
    assert CUT_POINTS.recency_days == [10, 20, 30, 60]
    assert CUT_POINTS.frequency == [1, 2, 3, 5]
    assert CUT_POINTS.spend == [190, 390, 590, 790]
    assert not CUT_POINTS.are_usual


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        ((5, 9, 900), ("重要价值客户", "Champions")),
        ((5, 9, 100), ("一般价值客户", "Loyal")),
        ((25, 9, 900), ("重要保持客户", "Loyal")),
        ((20, 3, 900), ("重要发展客户", "Potential loyalists")),
        ((5, 1, 10), ("一般发展客户", "New customers")),
        ((21, 2, 10), ("一般挽留客户", "Need attention")),
        ((30, 1, 900), ("重要挽留客户", "About to sleep")),
        ((61, 6, 900), ("重要保持客户", "Can't lose them")),
        ((60, 4, 10), ("一般保持客户", "At risk")),
        ((60, 1, 10), ("一般挽留客户", "Hibernating")),
        ((61, 1, 10), ("一般挽留客户", "Lost")),
        ((61, 4, 10), ("一般保持客户", "Lost")),
    ],
)
def test_a_customer_is_called_by_what_they_did(customer: tuple[int, int, float], expected: tuple[str, str]) -> None:
    assert named(*customer) == expected


def test_every_combination_of_scores_has_one_name_in_both_languages() -> None:
    grid = np.array([(r, f, m) for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)])
    found = classes(dict(zip(("r_score", "f_score", "m_score"), grid.T, strict=True)))
    assert not found.isna().to_numpy().any()
    assert found["class_zh"].nunique() == found["class_en"].nunique() == 8
    assert found["group_zh"].nunique() == found["group_en"].nunique() == len(GROUPS) == 10


def test_a_shop_without_prices_has_four_classes_and_no_word_of_money() -> None:
    cut_points = CutPoints.of(BUYERS[["frequency"]], GAP_DAYS, GAP_COUNTS)
    found = classes(scores(shop(recency_days=[5, 5, 90, 90], frequency=[9, 1, 9, 1]), cut_points))
    assert found["class_zh"].tolist() == ["价值客户", "发展客户", "保持客户", "挽留客户"]
    assert found["group_en"][0] == "Champions"
    said = meanings(cut_points, None)
    assert len(said) == 4 + 10
    assert not said["meaning_zh"].str.contains("消费").any()


def test_what_a_class_takes_is_said_in_days_purchases_and_money() -> None:
    said = meanings(CUT_POINTS, "CNY").set_index("name_en")
    assert said.loc["Champions", "meaning_zh"] == "10 天内买过，购买至少 4 次，累计消费高于 590 元"
    assert (
        said.loc["Champions", "meaning_en"]
        == "bought within 10 days, at least 4 purchases, spent more than CNY 590 in all"
    )
    assert said.loc["Need attention", "meaning_en"] == "last bought 21 to 30 days ago, 2 to 3 purchases"
    assert said.loc["About to sleep", "meaning_zh"] == "最近一次购买在 21 到 30 天前，只购买过 1 次"
    assert said.loc["Lost", "meaning_zh"] == "超过 60 天没有购买，购买不超过 5 次"
    key = said.loc["Key customers to win back"]
    assert key["meaning_zh"] == "超过 20 天没有购买，购买不超过 3 次，累计消费高于 590 元"


def test_a_shop_whose_customers_have_hardly_come_back_is_cut_at_usual_days() -> None:
    cut_points = CutPoints.of(shop(frequency=[1, 1, 2]), np.array([3]), np.array([1]))
    assert (cut_points.recency_days, cut_points.are_usual) == (list(USUAL_DAYS), True)
    assert cut_points.frequency == [1, 2, 3, 4]
