"""Names say what is true of those they are said of, in two languages, no two alike."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from assets.insights.segments.methods.wording import HOLDS_FOR, WHOLE, claims_of, holds, name_segments

CLAIMS = [
    {"r_score": r, "f_score": f, "m_score": m}
    for r, f, m in product(
        [(4, 5), (3, 5), (1, 2), (1, 3), WHOLE],
        [(4, 5), (2, 5), (1, 1), (1, 3), WHOLE],
        [(4, 5), (3, 5), (1, 2), (1, 3), WHOLE],
    )
]


def profile(rows: int) -> pd.DataFrame:
    spread = np.linspace(-1, 1, rows)
    return pd.DataFrame({"recency": spread, "frequency": spread / 2, "spend": -spread / 3})


def scores(*rows: tuple[int, int, int]) -> dict[str, np.ndarray]:
    return dict(zip(("r_score", "f_score", "m_score"), np.array(rows).T, strict=True))


def test_every_combination_of_claims_has_its_own_name_in_both_languages():
    names = name_segments(CLAIMS, profile(len(CLAIMS)))
    assert len({name.zh for name in names}) == len({name.en for name in names}) == len(CLAIMS)
    assert all(name.zh.endswith("客户") and name.en.isascii() for name in names)


@pytest.mark.parametrize("size", [2, 3, 4, 8])
def test_segments_of_one_name_are_told_apart(size):
    names = name_segments(CLAIMS[:1] * size, profile(size))
    assert len({name.zh for name in names}) == len({name.en for name in names}) == size


def test_twins_are_told_apart_by_what_differs_most():
    twins = pd.DataFrame({"recency": [1.0, 1.1], "frequency": [1.0, 1.2], "spend": [2.0, 1.0]})
    assert [tuple(name) for name in name_segments([{"r_score": (4, 5), "f_score": (4, 5)}] * 2, twins)] == [
        ("近期活跃、高频客户（消费较高）", "Recent, frequent customers (higher spend)"),
        ("近期活跃、高频客户（消费较低）", "Recent, frequent customers (lower spend)"),
    ]


@pytest.mark.parametrize(
    ("members", "name"),
    [
        pytest.param([(5, 5, 5)] * 9 + [(1, 1, 1)], "Recent, frequent, high-spending customers", id="nine in ten"),
        pytest.param(
            [(5, 5, 5)] * 7 + [(3, 2, 3)] * 3, "Still active, repeat, mid-to-high-spending customers", id="seven in ten"
        ),
        pytest.param([(1, 1, 1)] * 8 + [(2, 1, 3)] * 2, "Dormant, one-time, low-spending customers", id="four in five"),
        pytest.param(
            [(5, 1, 3)] * 7 + [(5, 5, 3), (1, 1, 3), (1, 5, 3)],
            "Recent, mid-to-high-spending customers",
            id="together no more than four in five",
        ),
        pytest.param([(1, 1, 1), (5, 5, 5)] * 5, "Mixed customers", id="nothing in common"),
    ],
)
def test_a_segment_is_called_what_holds_for_four_in_five_of_its_members(members, name):
    claims = claims_of(scores(*members))
    assert np.mean(holds(scores(*members), claims)) >= HOLDS_FOR
    assert name_segments([claims], profile(1))[0].en == name
