"""Rolling origins see no future; errors and intervals by hand."""

import numpy as np
import pytest

from assets.insights.forecast.methods.combine import with_events
from assets.insights.forecast.methods.intervals import covered, spread_by_step, usual
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


def test_usual_errors_hold_what_they_say_on_steady_noise() -> None:
    random = np.random.default_rng(3)
    errors = np.sqrt(random.gamma(20, 5, (1, 40, 12))) - 10
    middle, half = (ends[0] for ends in usual(errors))
    coming = np.sqrt(random.gamma(20, 5, (500, 12))) - 10
    for row, level in enumerate((0.8, 0.95)):
        lower, upper = (np.tile(end, (500, 1)) for end in (middle[row] - half[row], middle[row] + half[row]))
        assert covered(coming, lower, upper) == pytest.approx(level, abs=0.04)
        assert (lower < upper).all()


def test_intervals_never_narrow_with_distance() -> None:
    random = np.random.default_rng(4)
    errors = random.normal(0, 1, (1, 20, 12)) * np.linspace(1, 3, 12)
    assert (np.diff(spread_by_step(errors)[0]) >= 0).all()


def test_too_few_origins_make_no_interval() -> None:
    middle, half = usual(np.ones((1, 7, 6)))
    assert np.isnan(middle).all()
    assert np.isnan(half).all()
    assert np.isnan(covered(np.ones(6), middle[0, 0], half[0, 0]))


def test_an_interval_of_a_forecaster_that_was_never_wrong_is_a_point() -> None:
    middle, half = usual(np.zeros((1, 9, 6)))
    assert middle.tolist() == half.tolist() == np.zeros((1, 2, 6)).tolist()
