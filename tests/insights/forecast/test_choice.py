"""Which method is in force: the default, unless something is clearly better, or last week is."""

import re

import numpy as np
import pytest

from assets.insights.forecast.methods.choice import DEFAULT, FLOOR, choose

ORIGINS = [f"2024-01-{day:02d}" for day in range(1, 13)]


def errors(**others: "list[float] | float") -> dict[str, dict[str, float]]:
    wobble = np.random.default_rng(0).normal(0, 0.1, len(ORIGINS))
    forecasts = {DEFAULT: 1.0, FLOOR: 1.3} | {name.replace("_", " "): value for name, value in others.items()}
    return {
        name: dict(zip(ORIGINS, np.broadcast_to(value, len(ORIGINS)) + wobble, strict=True))
        for name, value in forecasts.items()
    }


def test_the_default_stays_while_nothing_is_clearly_better() -> None:
    assert choose(errors(arima=0.97))[0] == DEFAULT
    # Better on average, but by luck: ahead on some origins, far behind on others.
    lucky = list(np.tile([0.5, 1.35], 6))
    assert choose(errors(arima=lucky))[0] == DEFAULT


def test_a_challenger_clearly_ahead_on_many_origins_takes_over() -> None:
    method, reason = choose(errors(arima=0.85, seasonal_mean=0.9))
    assert method == "arima"
    assert re.fullmatch(rf"ahead of {DEFAULT} by 1[45]\.\d% on 12 origins", reason)


def test_a_dear_challenger_is_compared_on_the_origins_it_was_judged_on() -> None:
    judged = errors(arima=0.7)
    judged["arima"] = {origin: judged["arima"][origin] for origin in ORIGINS[::2]}
    assert choose(judged)[0] == DEFAULT, "six origins decide nothing"
    judged = errors(arima=0.7)
    judged["arima"] = {origin: judged["arima"][origin] for origin in ORIGINS[:8]}
    assert choose(judged)[0] == "arima"


def test_last_week_again_is_in_force_where_the_default_loses_to_it() -> None:
    method, reason = choose(errors(seasonal_naive=0.98))
    assert method == FLOOR
    assert "loses to seasonal naive" in reason
    # A challenger that is ahead of both goes before it.
    assert choose(errors(seasonal_naive=0.98, arima=0.8))[0] == "arima"


@pytest.mark.parametrize("count", [0, 7])
def test_few_origins_decide_nothing(count: int) -> None:
    judged = {name: dict(list(forecasts.items())[:count]) for name, forecasts in errors(arima=0.1).items()}
    assert choose(judged) == (DEFAULT, f"the default: {count} origins judged, a choice needs 8")
