"""RFM scores: five is best, equal customers score alike."""

import numpy as np
import pandas as pd

from assets.insights.segments.methods.rfm import rfm_cut_points, rfm_scores


def customers(**columns) -> pd.DataFrame:
    frame = pd.DataFrame(columns)
    frame.insert(0, "person_id", [f"p{i:04d}" for i in range(len(frame))])
    return frame


def test_five_equal_fifths_where_all_values_differ():
    frame = customers(recency_days=range(100), frequency=range(1, 101), spend=np.arange(100) * 1.5)
    scores = rfm_scores(frame, rfm_cut_points(frame))
    for score in ("r_score", "f_score", "m_score"):
        assert scores[score].value_counts().to_dict() == dict.fromkeys(range(1, 6), 20)
    assert scores.iloc[0].tolist() == ["p0000", 5, 1, 1]
    assert scores.iloc[-1].tolist() == ["p0099", 1, 5, 5]


def test_ties_in_frequency_share_a_score():
    frame = customers(recency_days=range(100), frequency=[1] * 45 + [2] * 30 + [3] * 15 + [9] * 10)
    scores = rfm_scores(frame, rfm_cut_points(frame))
    assert (scores.groupby(frame["frequency"])["f_score"].nunique() == 1).all()
    assert scores.groupby(frame["frequency"])["f_score"].first().tolist() == [1, 3, 4, 5]


def test_a_shop_in_which_everybody_bought_once():
    frame = customers(recency_days=range(10), frequency=[1] * 10)
    assert set(rfm_scores(frame, rfm_cut_points(frame))["f_score"]) == {1}


def test_later_customers_are_scored_by_the_frozen_cut_points():
    then = customers(recency_days=range(100), frequency=range(1, 101))
    later = customers(recency_days=[0, 1_000], frequency=[1_000, 1])
    scores = rfm_scores(later, rfm_cut_points(then))
    assert scores[["r_score", "f_score"]].to_numpy().tolist() == [[5, 5], [1, 1]]


def test_unknown_values_score_worst():
    then = customers(recency_days=range(100), frequency=range(1, 101), spend=np.arange(100.0))
    unknown = customers(recency_days=[np.nan], frequency=[np.nan], spend=[np.nan])
    scores = rfm_scores(unknown, rfm_cut_points(then))
    assert scores[["r_score", "f_score", "m_score"]].to_numpy().tolist() == [[1, 1, 1]]
