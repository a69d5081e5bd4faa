"""RFM scores: recency, frequency and monetary value, each 1 (worst) to 5 (best).

Hughes, Strategic Database Marketing (1994), with cut points frozen at fit time: the four quintile borders, each a value
that occurs in the data. A score is 1 + the number of cut points strictly below the value; recency runs the other way.
Equal customers so always get equal scores, however many share a value; ranking within ties, the usual way to force five
equal fifths, would score twins differently. Limitation: where a third of the shop bought once, the fifths are not equal
(nobody may score 2 in frequency), and few customers keep the same three-digit code for a quarter: a transparent
yardstick beside the segments, not a target group.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

SCORES = {"recency_days": "r_score", "frequency": "f_score", "spend": "m_score"}
QUINTILES = (0.2, 0.4, 0.6, 0.8)

CutPoints = Mapping[str, Sequence[float]]


def rfm_cut_points(frame: pd.DataFrame) -> dict[str, list[float]]:
    """The quintile borders of each of recency, frequency and spend that the frame has."""
    cut_points: dict[str, list[float]] = {}
    for column in SCORES:
        values = frame[column].to_numpy(float) if column in frame else np.empty(0)
        values = values[~np.isnan(values)]
        if len(values):
            points = np.quantile(values, QUINTILES, method="inverted_cdf")
            cut_points[column] = [float(f"{point:.10g}") for point in points]
    return cut_points


def rfm_scores(frame: pd.DataFrame, cut_points: CutPoints) -> pd.DataFrame:
    """person_id and one score a measure that has cut points; a missing measure counts as the worst."""
    scores: dict[str, object] = {"person_id": frame["person_id"].array}
    for column, points in cut_points.items():
        values = frame[column].to_numpy(float)
        if column == "recency_days":
            values = np.where(np.isnan(values), np.inf, values)
        below = np.sum([values > point for point in points], axis=0, dtype=np.int64)
        scores[SCORES[column]] = 5 - below if column == "recency_days" else 1 + below
    return pd.DataFrame(scores, index=frame.index)
