"""Customers made for tests of methods: who bought lately and often buys again."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

CUT_OFFS = [date(2025, 3, 3), date(2025, 4, 7), date(2025, 5, 5), date(2025, 6, 2), date(2025, 9, 1)]
HORIZON_DAYS = 91


def labelled(persons: int = 300, *, signal: float = 1.0, seed: int = 1) -> pd.DataFrame:
    """Customers as of CUT_OFFS with what they did afterwards; with `signal` 0 it has nothing to do with what they are."""
    rng = np.random.default_rng(seed)
    eager = rng.normal(size=persons)
    frames = []
    for number, cut_off in enumerate(CUT_OFFS):
        frequency = rng.poisson(np.exp(0.5 + 0.7 * eager)) + 1
        recency = np.ceil(rng.exponential(np.exp(4 - 0.6 * eager)))
        mean = rng.lognormal(4, 0.5, persons)
        p = 1 / (1 + np.exp(-signal * (1.2 * eager - 0.012 * (recency - 60))))
        buys = rng.random(persons) < p
        frames.append(
            pd.DataFrame(
                {
                    "as_of": pd.Timestamp(cut_off),
                    "person_id": [f"p{n:04}" for n in range(persons)],
                    "recency_days": recency,
                    "frequency": frequency,
                    "t_days": recency + 30 * frequency + 35 * number,
                    "spend": mean * frequency,
                    "monetary_value": mean,
                    "purchases_90d": np.where(recency < 90, (frequency + 1) // 2, 0),
                    "spend_90d": np.where(recency < 90, mean * ((frequency + 1) // 2), 0),
                    "gap_mean_days": np.where(frequency > 1, 30.0, np.nan),
                    "region": rng.choice(["north", "south"], persons),
                    "visit_recency_days": np.minimum(recency, rng.integers(1, 60, persons)),
                    "later_purchases": np.where(buys, rng.poisson(1, persons) + 1, 0),
                    "later_spend": np.where(buys, mean * rng.lognormal(0, 0.3, persons), 0.0),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


assert CUT_OFFS[-2] + timedelta(days=HORIZON_DAYS) <= CUT_OFFS[-1]
