"""Measures of a forecast, by hand."""

import numpy as np
import pandas as pd
import pytest

from assets.insights.clv.methods import bgnbd, metrics
from assets.insights.clv.methods.maximum_likelihood import Fit

FIT = Fit("bgnbd", 0.2426, 4.4135, 0.7929, 2.4258, -9582.43, "lifetimes", 7, 2357, 946, None)


def test_measures_by_hand() -> None:
    found = metrics.measures([0, 0, 0, 0, 0, 0, 0, 1, 2, 5], [0, 0, 0, 0, 0, 0, 0, 2, 1, 7])

    assert found["mae"] == pytest.approx(0.4)
    assert found["rmse"] == pytest.approx(np.sqrt(0.6))
    assert found["total_bias"] == pytest.approx(10 / 8 - 1)
    assert found["top_decile_share"] == pytest.approx(5 / 8)
    assert 0.9 < found["normalised_gini"] < 1


def test_a_perfect_forecast_and_the_same_for_all() -> None:
    actual = np.arange(100.0)

    perfect, flat = metrics.measures(actual, actual), metrics.measures(actual, np.full(100, 3.0))
    assert (perfect["mae"], perfect["total_bias"]) == (0, 0)
    assert (perfect["normalised_gini"], perfect["correlation"]) == pytest.approx((1, 1))
    assert flat["normalised_gini"] == pytest.approx(0, abs=1e-12)
    assert (flat["top_decile_share"], flat["correlation"]) == (pytest.approx(0.1), None)


def test_ranking_does_not_depend_on_the_order_of_rows() -> None:
    random = np.random.default_rng(0)
    actual, forecast = random.poisson(1, 500).astype(float), random.integers(0, 4, 500)
    order = np.argsort(-actual)

    assert metrics.measures(actual[order], forecast[order]) == pytest.approx(metrics.measures(actual, forecast))


def test_nothing_bought_leaves_shares_undefined() -> None:
    found = metrics.measures(np.zeros(10), np.ones(10))

    assert found["total_bias"] is found["top_decile_share"] is found["normalised_gini"] is found["correlation"] is None


def test_naive_rows_of_a_customer_of_the_cut_off_day() -> None:
    customers = pd.DataFrame({"frequency": [0, 2], "T": [0.0, 10], "monetary_value": [np.nan, 5], "spend": [4.0, 15]})

    purchases, money = metrics.naive_purchases(customers, 20), metrics.naive_money(customers, 20)
    assert purchases["naive: own rate"].tolist() == [0, 4]
    assert purchases["naive: same rate for all"].tolist() == [4, 4]
    assert money["naive: own rate x own mean"].tolist() == [0, 20]
    assert money["naive: past total"].tolist() == [4, 15]


def test_cumulative_expectation_adds_up_over_first_purchases() -> None:
    found = metrics.cumulative_expected(FIT, [0, 0, 10], [5, 20])

    single = bgnbd.expected_since_first(FIT, np.array([5.0, 20, 10]))
    assert found == pytest.approx([2 * single[0], 2 * single[1] + single[2]])


def test_interval_coverage_by_hand() -> None:
    found = metrics.interval_coverage([0, 5, 9, 1], [0, 1, 1, 2], [0, 6, 8, 3], [1, 0.8, 0.8, 0.8])

    assert (found["covered_share"], found["below_share"], found["above_share"]) == (0.5, 0.25, 0.25)
    assert found["mean_width"] == pytest.approx(13 / 4)
    assert found["promised_share"] == pytest.approx(0.85)


def test_calibration_error_is_the_mean_miss_of_buckets() -> None:
    by_bucket = metrics.by_frequency([0, 0, 0, 9, 12], [0, 1, 2, 8, 4], {"model": [1.0, 1, 1, 4, 4]})

    # Right on the three of frequency 0, two purchases short on each of the two of 7 and more: 4 of 15.
    assert by_bucket["customer_count"].tolist() == [3, 2]
    assert metrics.calibration_error(by_bucket, "model") == pytest.approx(4 / 15)
