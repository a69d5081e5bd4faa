"""Who buys, when, and for how much.

Purchases follow a BG/NBD in days (Fader, Hardie & Lee 2005): after a first purchase a person buys as a Poisson process
with rate lambda ~ Gamma(r, rate alpha) and leaves after each repeat purchase with probability p ~ Beta(a, b). Days on
which the process buys twice hold one order, as a repeat *day* is what the model counts. Each purchase day's value is
Gamma(p, rate nu) with nu ~ Gamma(q, rate gamma) (Gamma-Gamma, CNY), independent of the purchase process.

Segments are read off the drawn lambda, p and mean spend with noise: they differ in all three, in attributes and in
taste, while r, alpha, a, b, p, q, gamma keep holding for the population as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stores.demo.days import season_weights

SEGMENTS = ("忠实高价值", "价格敏感", "品质生活", "尝鲜观望", "家庭囤货")
VISITOR_SHARE = 0.08
"""Share of persons who register and look, but never buy."""

CAUSES = ("late_delivery", "bad_review", "complaint")
_CAUSE_SHARE_LEAVING = 0.8
_CAUSE_SHARE_STAYING = 0.05


@dataclass(frozen=True)
class BgNbd:
    """Purchase process, time in days."""

    r: float = 0.9
    alpha: float = 42.0
    a: float = 0.75
    b: float = 2.9


@dataclass(frozen=True)
class GammaGamma:
    """Value of a purchase day, CNY; the population mean is p * gamma / (q - 1)."""

    p: float = 6.0
    q: float = 4.0
    gamma: float = 76.0


def draw_persons(
    rng: np.random.Generator, count: int, days: int, process: BgNbd, spend: GammaGamma, *, visitor_share: float
) -> pd.DataFrame:
    """Persons with their latent lambda, dropout p, mean spend, segment and arrival (in days since the shop's start).

    Visitors have NaN for all that concerns buying; their arrival is the day they register.
    """
    growth = season_weights(days) * np.linspace(0.8, 1.2, days)
    arrival = rng.choice(days, size=count, p=growth / growth.sum()) + rng.random(count)
    persons = pd.DataFrame(
        {
            "arrival": arrival,
            "purchase_rate": rng.gamma(process.r, 1 / process.alpha, count),
            "dropout_p": rng.beta(process.a, process.b, count),
            "mean_spend": spend.p / rng.gamma(spend.q, 1 / spend.gamma, count),
            "is_buyer": np.arange(count) >= round(count * visitor_share),
        }
    )
    persons["segment"] = _segments(rng, persons)
    latent = ["purchase_rate", "dropout_p", "mean_spend"]
    persons[latent] = persons[latent].where(persons["is_buyer"])
    return persons


def _segments(rng: np.random.Generator, persons: pd.DataFrame) -> np.ndarray:
    """Index into SEGMENTS: the highest of five noisy scores of the persons' ranks in rate, dropout and spend."""
    ranks = persons[["purchase_rate", "dropout_p", "mean_spend"]].rank(pct=True).to_numpy() * 4 - 2
    rate, dropout, spend = ranks.T
    scores = np.column_stack(
        [
            1.2 * rate + 0.8 * spend - 0.6 * dropout,
            0.3 * rate - 1.5 * spend + 0.3,
            1.5 * spend - 0.6 * rate + 0.2,
            1.4 * dropout - 0.5 * rate + 0.2,
            0.5 * rate - 0.3 * dropout + 0.8,
        ]
    )
    return (scores + 0.7 * rng.gumbel(size=scores.shape)).argmax(axis=1)


def simulate_purchases(rng: np.random.Generator, persons: pd.DataFrame, end: float) -> pd.DataFrame:
    """Every purchase before `end` (days): person, time, is_first, and is_last where the person left with it."""
    person = np.flatnonzero(persons["is_buyer"].to_numpy())
    time = persons["arrival"].to_numpy()[person]
    rate, dropout = persons["purchase_rate"].to_numpy(), persons["dropout_p"].to_numpy()
    rounds = [(person, time, np.zeros(person.size, dtype=bool))]
    while person.size:
        time = time + rng.exponential(1 / rate[person])
        leaves = rng.random(person.size) < dropout[person]
        inside = time < end
        rounds.append((person[inside], time[inside], leaves[inside]))
        stays = inside & ~leaves
        person, time = person[stays], time[stays]
    people, times, lasts = (np.concatenate(parts) for parts in zip(*rounds, strict=True))
    purchases = pd.DataFrame({"person": people, "time": times, "is_last": lasts})
    purchases["is_first"] = np.arange(len(purchases)) < len(rounds[0][0])
    return purchases.sort_values(["person", "time"], ignore_index=True)


def purchase_days(
    rng: np.random.Generator, persons: pd.DataFrame, purchases: pd.DataFrame, spend: GammaGamma
) -> pd.DataFrame:
    """One row a person and purchase day: person, day, is_last, cause and the value in cents.

    `cause` is an index into CAUSES, or -1. Most orders with which a person leaves have one, few of the others do.
    """
    bought = (
        purchases.assign(day=purchases["time"].astype("int64"))
        .groupby(["person", "day"], as_index=False)
        .agg(is_last=("is_last", "max"))
    )
    share = np.where(bought["is_last"], _CAUSE_SHARE_LEAVING, _CAUSE_SHARE_STAYING)
    has_cause = rng.random(len(bought)) < share
    bought["cause"] = np.where(has_cause, rng.choice(len(CAUSES), size=len(bought), p=(0.4, 0.35, 0.25)), -1)
    bought["value"] = draw_values(rng, persons["mean_spend"].to_numpy()[bought["person"]], spend)
    return bought


def draw_values(rng: np.random.Generator, mean_spend: np.ndarray, spend: GammaGamma) -> np.ndarray:
    """Values of purchase days in cents, given the persons' mean spend (CNY)."""
    cents = np.rint(rng.gamma(spend.p, mean_spend / spend.p) * 100).astype("int64")
    return np.maximum(cents, 100)


def draw_mean_spend(rng: np.random.Generator, size: int, spend: GammaGamma) -> np.ndarray:
    """Mean spend (CNY) of people of whom nothing else is known, such as guests."""
    return spend.p / rng.gamma(spend.q, 1 / spend.gamma, size)
