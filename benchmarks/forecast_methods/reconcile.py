"""Top-down: demand by category made to follow the forecast of the total.

Gross & Sohl (1990), with the share of the last weeks. A category is moved `weight` of the way from its own forecast to
its recent share of the total's: one series is noise, their sum shows the climb.
"""

import numpy as np

from assets.insights.forecast.methods.history import Floats, clipped

WEEKS = 8


def top_down(
    forecasts: Floats, total_forecast: Floats, histories: Floats, total_history: Floats, season: int, weight: float
) -> Floats:
    """`forecasts` is categories × steps, `histories` categories × days."""
    days = WEEKS * season
    total = np.nanmean(clipped(total_history)[-days:])
    if not total > 0:
        return forecasts
    shares = np.array([np.nanmean(clipped(history)[-days:]) / total for history in histories])
    return (1 - weight) * forecasts + weight * shares[:, None] * total_forecast
