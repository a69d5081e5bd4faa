"""Forecasters on small series whose answer is known, and on those that break a careless one."""

import numpy as np
import pytest

from assets.insights.forecast.methods.arima import arima
from assets.insights.forecast.methods.combine import average, event_factors, forecast, with_events
from assets.insights.forecast.methods.ets import ets, ets_on_roots
from assets.insights.forecast.methods.history import Floats, Forecaster, Known, clipped, filled
from assets.insights.forecast.methods.lags import boosting_on_lags, ridge_on_lags
from assets.insights.forecast.methods.naive import seasonal_mean, seasonal_naive
from assets.insights.forecast.methods.theta import seasonal_offsets, theta, theta_on_roots
from benchmarks.forecast_methods.reconcile import top_down
from resources.errors import NotEnough

SEASON, HORIZON = 6, 12
WEEK = np.array([10.0, 20, 30, 40, 50, 60])
FORECASTERS = {
    "seasonal naive": seasonal_naive,
    "seasonal mean": seasonal_mean,
    "theta": theta,
    "theta on roots": theta_on_roots,
    "ets": ets,
    "ets on roots": ets_on_roots,
    "arima": arima,
    "ridge": ridge_on_lags,
    "boosting": boosting_on_lags,
}
each_forecaster = pytest.mark.parametrize("forecaster", FORECASTERS.values(), ids=FORECASTERS)


def climbing(days: int, noise: float, seed: int = 0) -> Floats:
    """A week's rhythm on a straight climb, plus noise."""
    return np.resize(WEEK, days) + 0.5 * np.arange(days) + np.random.default_rng(seed).normal(0, noise, days) + 50


def test_seasonal_naive_is_last_week_again() -> None:
    history = np.r_[np.zeros(5), WEEK]
    assert seasonal_naive(history, 8, SEASON).tolist() == [10, 20, 30, 40, 50, 60, 10, 20]


def test_seasonal_mean_is_that_of_four_weeks() -> None:
    history = np.r_[np.full(6, 1000.0), WEEK, WEEK + 1, WEEK + 2, WEEK + 5]
    assert seasonal_mean(history, 6, SEASON).tolist() == pytest.approx((WEEK + 2).tolist())


def test_the_season_is_found_whatever_day_the_history_begins_on() -> None:
    for days in (48, 49, 50, 53):
        history = np.resize(WEEK, days)
        coming = history[-SEASON:]
        assert seasonal_offsets(history, SEASON) == pytest.approx(coming - 35)
        assert theta(history, SEASON, SEASON) == pytest.approx(coming, abs=0.5)
    assert seasonal_offsets(np.resize(np.arange(7.0), 70), 7) == pytest.approx(np.arange(7) - 3)


def test_theta_follows_half_of_a_straight_line() -> None:
    line = 100 + 2 * np.arange(120.0)
    steps = np.diff(theta(line, HORIZON, SEASON))
    # Not exactly: the last day of a climb is its highest, and clipped to the one before.
    assert steps == pytest.approx(1, abs=0.02)
    # And begins where the line ended, one clipped day behind.
    assert theta(line, 1, SEASON)[0] == pytest.approx(338, abs=2)


def test_roots_come_back_to_the_mean_and_not_to_the_median() -> None:
    history = np.random.default_rng(1).gamma(2, 50, 600)
    forecasts = theta_on_roots(history, HORIZON, SEASON).mean()
    assert forecasts == pytest.approx(history.mean(), rel=0.12)
    assert forecasts > np.sqrt(history).mean() ** 2


@pytest.mark.parametrize("forecaster", [ets, ets_on_roots, theta, theta_on_roots], ids=lambda each: each.__name__)
def test_smoothing_beats_last_week_on_a_climb_with_a_season(forecaster: Forecaster) -> None:
    gained = 0.0
    for seed in range(5):
        series = climbing(200 + HORIZON, 12, seed)
        history, actual = series[:200], series[200:]
        naive = np.abs(seasonal_naive(history, HORIZON, SEASON) - actual).mean()
        gained += naive - np.abs(forecaster(history, HORIZON, SEASON) - actual).mean()
    assert gained > 0


def test_an_average_is_the_mean_of_its_parts() -> None:
    history = climbing(100, 5)
    parts = [theta(history, 3, SEASON), seasonal_naive(history, 3, SEASON)]
    assert average(theta, seasonal_naive)(history, 3, SEASON) == pytest.approx(np.mean(parts, axis=0))


@each_forecaster
def test_nothing_but_zeros_is_forecast_as_nothing(forecaster: Forecaster) -> None:
    assert forecaster(np.zeros(90), HORIZON, SEASON).tolist() == [0] * HORIZON


@each_forecaster
def test_a_constant_stays_what_it_is(forecaster: Forecaster) -> None:
    assert forecaster(np.full(90, 7.0), HORIZON, SEASON) == pytest.approx(np.full(HORIZON, 7.0))


@each_forecaster
def test_shut_days_leave_no_hole_and_do_not_count_as_zero(forecaster: Forecaster) -> None:
    history = climbing(150, 3)
    forecasts = forecaster(history, HORIZON, SEASON)
    history[[100, 101, 102, 103, 104, 105, 106, 107, 149]] = np.nan
    with_gaps = forecaster(history, HORIZON, SEASON)
    assert np.isfinite(with_gaps).all()
    assert with_gaps == pytest.approx(forecasts, rel=0.2)


@each_forecaster
def test_a_short_history_is_refused_with_what_it_needs(forecaster: Forecaster) -> None:
    with pytest.raises(NotEnough, match=r"not enough history: needs \d+ trading days, has 5"):
        forecaster(np.ones(5), HORIZON, SEASON)


@pytest.mark.parametrize(
    "forecaster",
    [theta, theta_on_roots, ets, ets_on_roots, arima, ridge_on_lags, seasonal_mean],
    ids=lambda each: each.__name__,
)
def test_one_giant_day_is_not_promised_again(forecaster: Forecaster) -> None:
    history = climbing(150, 3)
    usual = forecaster(history, HORIZON, SEASON)
    history[140] = 1e6
    assert forecaster(history, HORIZON, SEASON) == pytest.approx(usual, rel=0.25)


@each_forecaster
def test_what_comes_after_the_origin_changes_nothing(forecaster: Forecaster) -> None:
    series = climbing(140, 3)
    other = np.r_[series[:120], np.full(20, 1e9)]
    assert (forecaster(series[:120], HORIZON, SEASON) == forecaster(other[:120], HORIZON, SEASON)).all()


@each_forecaster
def test_the_history_is_left_as_it_was(forecaster: Forecaster) -> None:
    history = climbing(120, 3)
    history[60] = np.nan
    before = history.copy()
    forecaster(history, HORIZON, SEASON)
    np.testing.assert_array_equal(history, before)


def test_falling_series_never_turn_negative() -> None:
    history = np.linspace(300, 0, 150)
    for forecaster in FORECASTERS.values():
        assert (forecaster(history, 60, SEASON) >= 0).all()


def test_a_missing_day_is_filled_by_its_own_weekday() -> None:
    history = np.tile(WEEK, 5)
    history[8] = np.nan
    assert filled(history, SEASON)[8] == 30
    assert filled(np.full(6, np.nan), SEASON).tolist() == [0] * 6


def test_only_giant_days_are_clipped() -> None:
    history = np.r_[np.arange(1000.0), 1e6]
    assert clipped(history).max() == 995
    assert (clipped(clipped(history)) == clipped(history)).all()


def test_a_short_history_falls_back_to_last_week_and_says_so() -> None:
    forecasts = forecast(np.tile(WEEK, 3), SEASON, SEASON)
    assert forecasts.mean.tolist() == WEEK.tolist()
    assert forecasts.method == "seasonal naive"
    assert forecasts.reason == "not enough history: needs 24 trading days, has 18"
    long = forecast(np.tile(WEEK, 10), SEASON, SEASON)
    assert (long.method, long.reason) == ("theta on square roots", "")


def test_below_two_weeks_there_is_no_forecast() -> None:
    with pytest.raises(NotEnough, match="needs 12 trading days, has 11"):
        forecast(np.ones(11), HORIZON, SEASON)
    with pytest.raises(NotEnough, match="needs 12 trading days, has 6"):
        forecast(np.r_[np.full(20, np.nan), np.ones(6)], HORIZON, SEASON)


def test_a_fallback_does_not_promise_a_giant_day_again() -> None:
    history = np.tile(WEEK, 3)
    history[-1] = 1e6
    assert forecast(history, SEASON, SEASON).mean.max() <= 60


def test_shut_days_to_come_are_forecast_as_nothing() -> None:
    forecasts = forecast(np.tile(WEEK, 10), 3, SEASON, Known(shut=[False, True, False]))
    assert forecasts.mean[1] == 0
    assert forecasts.mean[[0, 2]] == pytest.approx([10, 30], rel=0.1)


def test_a_known_event_lifts_its_day_and_leaves_the_level_alone() -> None:
    history = np.full(120, 100.0)
    past = [""] * 120
    for day in (30, 110):
        history[day], past[day] = 900, "双11"
    # Two observations of a factor of 9 keep two thirds of its logarithm.
    assert event_factors(history, SEASON, past) == {"双11": pytest.approx(9 ** (2 / 3))}
    future = ["", "双11", "", "618", "", ""]
    forecasts = with_events(seasonal_mean)(history, 6, SEASON, Known(past, future))
    assert forecasts[1] / forecasts[0] == pytest.approx(9 ** (2 / 3), rel=0.01)
    # An event never seen is not guessed.
    assert forecasts[3] == pytest.approx(forecasts[4], rel=0.25)


def test_events_need_a_name_a_day() -> None:
    with pytest.raises(ValueError, match="one name a day"):
        with_events(theta)(np.ones(60), 6, SEASON, Known(["618"] * 3, [""] * 6))


def test_top_down_moves_a_category_towards_its_share_of_the_total() -> None:
    total = np.full(60, 100.0)
    histories = np.array([np.full(60, 30.0), np.full(60, 10.0)])
    own = np.array([[30.0, 30], [10, 10]])
    forecasts = top_down(own, np.array([200.0, 200]), histories, total, SEASON, 0.5)
    assert forecasts == pytest.approx(np.array([[45.0, 45], [15, 15]]))
    assert (top_down(own, np.zeros(2), histories, np.zeros(60), SEASON, 0.5) == own).all()
