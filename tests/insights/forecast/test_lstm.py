"""The LSTM keeps the promises of the other forecasters. It is an extra: without torch there is nothing to test."""

import numpy as np
import pytest

from benchmarks.forecast_methods.lstm import lstm
from resources.errors import NotEnough

pytest.importorskip("torch", reason="torch is not installed: pip install -e '.[lstm]'")
WEEK = np.array([10.0, 20, 30, 40, 50, 60])


def test_it_learns_the_rhythm_of_the_week_and_the_same_every_time() -> None:
    history = np.resize(WEEK, 180) + np.random.default_rng(0).normal(0, 2, 180)
    forecasts = lstm(history, 12, 6)
    assert np.abs(forecasts - np.resize(WEEK, 12)).mean() < 5, "a flat forecast would be off by 15"
    assert (lstm(history, 12, 6) == forecasts).all()
    assert lstm(10 * history, 12, 6) == pytest.approx(10 * forecasts, rel=0.05)


def test_bad_input() -> None:
    assert lstm(np.zeros(120), 12, 6).tolist() == [0] * 12
    assert lstm(np.full(120, 7.0), 12, 6) == pytest.approx(np.full(12, 7.0))
    with pytest.raises(NotEnough, match="needs 96 trading days, has 60"):
        lstm(np.ones(60), 12, 6)
    history = np.resize(WEEK, 150)
    history[[3, 80, 149]] = np.nan
    forecasts = lstm(history, 12, 6)
    assert np.isfinite(forecasts).all()
    assert (forecasts >= 0).all()
