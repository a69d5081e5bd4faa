"""Rolling origins see no future; errors and intervals by hand."""

import numpy as np
import pytest

from assets.insights.forecast.methods.combine import with_events
from assets.insights.forecast.methods.intervals import calibrated, covered, interval, spread_by_step
from assets.insights.forecast.methods.metrics import happened, mase, naive_error, past_forecasts, rolling_origins, wape
from assets.insights.forecast.methods.naive import seasonal_naive
from assets.insights.forecast.methods.theta import theta_on_roots


def test_the_last_origin_ends_with_the_history() -> None:
    assert rolling_origins(100, 12, 3) == [64, 76, 88]
    assert rolling_origins(100, 12, 3, step=6) == [76, 82, 88]
    assert rolling_origins(20, 12, 3) == [8]


def test_an_origin_sees_only_what_was_before_it() -> None:
    history = np.random.default_rng(0).gamma(2, 50, 120)
    events = ["618" if day % 50 == 0 else "" for day in range(120)]
    origins = [60, 72, 84]
    forecaster = with_events(theta_on_roots)
    forecasts = past_forecasts(forecaster, history, origins, 12, 6, events)
    for row, origin in enumerate(origins):
        other = history.copy()
        other[origin:] = 1e9
        assert (past_forecasts(forecaster, other, [origin], 12, 6, events)[0] == forecasts[row]).all()


def test_an_origin_without_enough_history_is_not_told() -> None:
    forecasts = past_forecasts(seasonal_naive, np.arange(30.0), [3, 12], 6, 6)
    assert np.isnan(forecasts[0]).all()
    assert forecasts[1].tolist() == [6, 7, 8, 9, 10, 11]


def test_errors_by_hand() -> None:
    history = np.array([1.0, 2, 3, 5, np.nan, 4])
    assert naive_error(history, 2) == pytest.approx((2 + 3 + 1) / 3)
    assert mase(np.array([4.0, np.nan]), np.array([1.0, 9]), 2) == 1.5
    assert wape(np.array([4.0, 6, np.nan]), np.array([5.0, 4, 1])) == pytest.approx(0.3)
    assert happened(history, [0, 1], 2).tolist() == [[1, 2], [2, 3]]


def test_no_error_is_told_where_there_is_no_unit() -> None:
    assert naive_error(np.ones(20), 6) == 0
    assert np.isnan(mase(np.ones(2), np.ones(2), 0))
    assert np.isnan(naive_error(np.ones(5), 6))
    assert np.isnan(wape(np.zeros(2), np.ones(2)))


def test_intervals_hold_what_they_say_on_steady_noise() -> None:
    random = np.random.default_rng(3)
    actual, forecasts = random.gamma(20, 5, (40, 12)), np.full((40, 12), 100.0)
    for level in (0.8, 0.95):
        lower, upper = interval(forecasts[0], actual, forecasts, level)
        coming = random.gamma(20, 5, (500, 12))
        assert covered(coming, np.tile(lower, (500, 1)), np.tile(upper, (500, 1))) == pytest.approx(level, abs=0.04)
        assert (lower >= 0).all()
        assert (lower < upper).all()


def test_intervals_never_narrow_with_distance() -> None:
    random = np.random.default_rng(4)
    errors = random.normal(0, 1, (20, 12)) * np.linspace(1, 3, 12)
    assert (np.diff(spread_by_step(errors)) >= 0).all()


def test_too_few_origins_make_no_interval() -> None:
    lower, upper = interval(np.ones(6), np.ones((7, 6)), np.ones((7, 6)), 0.8)
    assert np.isnan(lower).all()
    assert np.isnan(upper).all()
    assert np.isnan(covered(np.ones(6), lower, upper))


def test_an_interval_of_a_forecaster_that_was_never_wrong_is_a_point() -> None:
    lower, upper = interval(np.full(6, 4.0), np.ones((9, 6)), np.ones((9, 6)), 0.8)
    assert lower.tolist() == upper.tolist() == [4.0] * 6


def test_more_is_asked_of_the_past_where_intervals_held_less_than_they_said() -> None:
    assert calibrated({0.8: 0.79, 0.85: 0.84, 0.9: 0.9}, 0.8) == 0.8
    assert calibrated({0.8: 0.72, 0.85: 0.79, 0.9: 0.86}, 0.8) == 0.85
    # Where they held more, nothing is taken away.
    assert calibrated({0.8: 0.86, 0.85: 0.9, 0.9: 0.95}, 0.8) == 0.8
