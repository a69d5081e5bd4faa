"""The floor: what happened on the same weekday last week, or on average in the last weeks."""

from assets.insights.forecast.methods.history import NOTHING, Floats, Known, filled, prepared, repeated, require


def seasonal_naive(history: Floats, horizon: int, season: int, known: Known = NOTHING) -> Floats:
    """Last week again, as it was: nothing is clipped, so that the floor stays the floor everybody knows."""
    require(history, season)
    return repeated(filled(history, season)[-season:].clip(0), horizon)


def seasonal_mean(history: Floats, horizon: int, season: int, known: Known = NOTHING, weeks: int = 4) -> Floats:
    """The mean of the same weekday in the last `weeks` weeks."""
    require(history, weeks * season)
    last = prepared(history, season)[-weeks * season :].reshape(weeks, season)
    return repeated(last.mean(0).clip(0), horizon)
