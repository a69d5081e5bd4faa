"""Names are for shop people: each in two languages, no two alike."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from assets.insights.segments.methods.wording import name_segments

LEVELS = (1.0, 0.0, -1.0)
RFM = pd.DataFrame(product(LEVELS, repeat=3), columns=["recency", "frequency", "spend"])


@pytest.mark.parametrize("columns", [["recency", "frequency", "spend"], ["recency", "frequency"]])
def test_every_cell_has_its_own_name_in_both_languages(columns):
    names = name_segments(RFM[columns].drop_duplicates())
    assert len({name.zh for name in names}) == len({name.en for name in names}) == len(LEVELS) ** len(columns)
    assert all("客" in name.zh and not name.zh.isascii() and name.en.isascii() for name in names)


@pytest.mark.parametrize("size", [2, 3, 4, 8])
def test_segments_of_one_cell_are_told_apart(size):
    rng = np.random.default_rng(size)
    for cells in rng.integers(0, 27, (20, size)) // rng.integers(1, 28, (20, 1)):
        names = name_segments(RFM.iloc[cells])
        assert len({name.zh for name in names}) == len({name.en for name in names}) == size


def test_twins_are_told_apart_by_what_differs_most():
    twins = pd.DataFrame({"recency": [1.0, 1.1], "frequency": [1.0, 1.2], "spend": [2.0, 1.0]})
    assert [tuple(name) for name in name_segments(twins)] == [
        ("忠诚高价值客户（消费较高）", "Champions (higher spend)"),
        ("忠诚高价值客户（消费较低）", "Champions (lower spend)"),
    ]


def test_a_name_does_not_depend_on_the_order_of_the_segments():
    rows = RFM.iloc[[0, 26, 8, 13, 18]]
    forth, back = name_segments(rows), name_segments(rows.iloc[::-1])
    assert forth == back[::-1]
