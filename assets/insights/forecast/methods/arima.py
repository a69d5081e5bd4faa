"""Seasonal ARIMA(1,0,1)(0,1,1), the airline season with a damped level: a reported challenger.

Fitted by conditional least squares (Box & Jenkins, 1970): the errors before the history are taken as zero. That costs a
fifteenth of the exact likelihood by a Kalman filter, and was as far off on the benchmark's series (MASE 1.129 both).
"""

import numpy as np

from assets.insights.forecast.methods.history import NOTHING, Floats, Known, prepared, require

WEEKS_NEEDED = 6
BOUND = 0.98
STARTS = ((0.5, -0.2, -0.5), (0.9, -0.6, -0.8))


def arima(history: Floats, horizon: int, season: int, known: Known = NOTHING) -> Floats:
    from scipy.optimize import minimize
    from scipy.signal import lfilter

    require(history, WEEKS_NEEDED * season)
    values = prepared(history, season)
    if np.ptp(values) == 0:
        return np.full(horizon, values[0])
    scale = values.std()
    changes = (values[season:] - values[:-season]) / scale

    def polynomials(weights: Floats) -> tuple[Floats, Floats]:
        level, moving, seasonal = weights
        return np.array([1, -level]), np.convolve([1, moving], np.r_[1, np.zeros(season - 1), seasonal])

    def errors(weights: Floats) -> Floats:
        own, moving = polynomials(weights)
        return lfilter(own, moving, changes)

    fits = [
        minimize(
            lambda weights: float((errors(weights) ** 2).sum()), start, bounds=[(-BOUND, BOUND)] * 3, method="L-BFGS-B"
        )
        for start in STARTS
    ]
    best = min(fits, key=lambda fit: float(fit.fun)).x
    own, moving = polynomials(best)
    coming = lfilter(moving, own, np.r_[errors(best), np.zeros(horizon)])[-horizon:] * scale
    mean = np.r_[values[-season:], np.zeros(horizon)]
    for step in range(horizon):
        mean[season + step] = mean[step] + coming[step]
    return mean[season:].clip(0, 4 * values.max())
