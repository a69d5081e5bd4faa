"""What is known of a customer after (frequency, recency, T), and the purchases it lets one expect.

Both BG/NBD and MBG/NBD leave a customer who is still alive with a purchase rate lambda ~ Gamma(shape, rate) and a drop-out
probability p ~ Beta(a, b): Fader, Hardie and Lee (2005), "Counting Your Customers the Easy Way"; Batislam, Denizel and
Filiztekin (2007). The models differ in b and in the probability of being alive. Times are in the fit's unit.

The purchases expected of one who is alive are E[(1 - exp(-lambda p t)) / p]. In the published closed form the logarithm of
a Gauss hypergeometric function breaks where that is negative; here Euler's transformation of it, without logarithm.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

NUDGE = 1e-6
QUANTILES = 64
NODES = 4
"""Gauss-Legendre nodes for the second moment, which only feeds the width of intervals."""


@dataclass(frozen=True, eq=False)
class Posterior:
    p_alive: Floats
    shape: Floats
    rate: Floats
    a: float
    b: Floats

    def expected(self, horizon: float) -> Floats:
        """Expected purchases within the horizon; finite and not negative."""
        return self.p_alive * expected_alive(horizon, self.shape, self.rate, self.a, self.b)

    def p_some(self, horizon: float) -> Floats:
        """Probability of a purchase within the horizon; exact."""
        return self.p_alive * -np.expm1(-self.shape * np.log1p(horizon / self.rate))

    def second_factorial_moment(self, horizon: float) -> Floats:
        """E[N (N - 1)] of the purchases N within the horizon.

        One pair of purchases, the later at s: lambda^2 (1 - p) exp(-lambda p s), whatever the time of the earlier.
        """
        from scipy.special import hyp2f1

        nodes, weights = np.polynomial.legendre.leggauss(NODES)
        at, weights = (nodes + 1) * horizon / 2, weights * horizon / 2
        most = self.shape * (self.shape + 1) / self.rate**2
        total = np.zeros_like(self.shape)
        for s, weight in zip(at, weights, strict=True):
            share = hyp2f1(self.shape + 2, self.a, self.a + self.b + 1, -s / self.rate)
            total += 2 * weight * s * np.clip(np.nan_to_num(share, nan=1.0), 0, 1)
        return self.p_alive * most * self.b / (self.a + self.b) * total


def expected_alive(horizon: ArrayLike, shape: ArrayLike, rate: ArrayLike, a: float, b: ArrayLike) -> Floats:
    """E[(1 - exp(-lambda p t)) / p] for lambda ~ Gamma(shape, rate), p ~ Beta(a, b): between 0 and shape * t / rate,
    which it is where nobody leaves (a = 0)."""
    from scipy.special import hyp2f1

    t, shape, rate, b = np.broadcast_arrays(*(np.asarray(v, float) for v in (horizon, shape, rate, b)))
    a = 1 + NUDGE if abs(a - 1) < NUDGE else a
    c = a + b - 1
    c = np.where(np.abs(c) < NUDGE, NUDGE, c)
    ceiling = shape * t / rate
    if a == 0:
        return ceiling
    with np.errstate(all="ignore"):
        remaining = np.exp((1 - a) * np.log1p(t / rate))
        expected = c / (a - 1) * (1 - remaining * hyp2f1(c - shape, a - 1, c, t / (rate + t)))
        lost = ~((expected >= 0) & (expected <= ceiling * (1 + 1e-9)))
    if lost.any():
        expected[lost] = _by_quantiles(t[lost], shape[lost], rate[lost], a, b[lost])
    return np.minimum(expected, ceiling)


def _by_quantiles(t: Floats, shape: Floats, rate: Floats, a: float, b: Floats) -> Floats:
    """The same by averaging over quantiles of p: good to about a per cent, and cannot break."""
    from scipy.special import betaincinv

    total = np.zeros_like(t)
    for level in (np.arange(QUANTILES) + 0.5) / QUANTILES:
        p = np.nan_to_num(betaincinv(a, b, level), nan=a / (a + b))
        tiny = p < 1e-12
        p = np.where(tiny, 1.0, p)
        total += np.where(tiny, shape * t / rate, -np.expm1(-shape * np.log1p(p * t / rate)) / p)
    return total / QUANTILES
