"""When each row is handed over, and in which state: nothing delivered on a day knows of a later one.

The frames of this module carry `day` (when the row happened) and get `delivered`: the day it is handed over, the last
day of the history standing for all of it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stores.demo.days import HISTORY_DAYS, day_of

HISTORY_ON = HISTORY_DAYS - 1
_LATE_SHARE = 0.02
_WRONG_SHARE = 0.02
_LATE_AT_MOST = 5
_CORRECTED_WITHIN = 10
_COURSE = ("paid_at", "shipped_at", "delivered_at", "cancelled_at")


def delay(rng: np.random.Generator, day: np.ndarray, days: int) -> np.ndarray:
    """Days by which each row comes late: mostly none, else one to five, and never past the last delivery."""
    late = np.where(rng.random(day.size) < _LATE_SHARE, rng.integers(1, _LATE_AT_MOST + 1, day.size), 0)
    return np.where((day + late > HISTORY_ON) & (day + late < days), late, 0)


def deliver_once(rng: np.random.Generator, rows: pd.DataFrame, days: int) -> pd.DataFrame:
    """Rows that never change: handed over on their day or some days late (`is_late`)."""
    day = rows["day"].to_numpy()
    late = delay(rng, day, days)
    return rows.assign(delivered=np.maximum(day + late, HISTORY_ON), is_late=late > 0)


def deliver_orders(rng: np.random.Generator, lines: pd.DataFrame, days: int) -> pd.DataFrame:
    """Order lines in each state in which they are handed over, one row a line and delivery.

    `change` says what a further delivery brings: `progress` (shipped, delivered), `cancellation`, or `correction` of
    a quantity that was one too many. Late orders come late with all their lines.
    """
    day = lines["day"].to_numpy()
    by_order = delay(rng, lines.groupby("order_id", sort=False)["day"].first().to_numpy(), days)
    late = by_order[lines.groupby("order_id", sort=False).ngroup().to_numpy()]
    first = np.maximum(day + late, HISTORY_ON)
    ended = lines["delivered_at"].fillna(lines["cancelled_at"]).to_numpy()
    progress = np.where(np.isnat(ended), -1, day_of(ended))
    can_be_wrong = (lines["quantity"] > 0) & lines["line_type"].eq("product") & (day > HISTORY_ON - _CORRECTED_WITHIN)
    is_wrong = can_be_wrong.to_numpy() & (rng.random(day.size) < _WRONG_SHARE)
    corrected = np.where(is_wrong, first + rng.integers(1, _CORRECTED_WITHIN - 3, day.size), -1)
    corrected = np.where(corrected < days, corrected, -1)
    line = np.arange(day.size)
    versions = pd.DataFrame(
        {
            "line": np.tile(line, 3),
            "delivered": np.concatenate([first, progress, corrected]),
            "change": np.repeat(["", "progress", "correction"], day.size),
        }
    )
    versions = versions[(versions["delivered"] < days) & (versions["delivered"] >= first[versions["line"]])]
    further = (versions["change"] == "") | (versions["delivered"] > first[versions["line"]])
    versions = versions[further].drop_duplicates(["line", "delivered"], keep="last")
    versions = versions.sort_values(["delivered", "line"], ignore_index=True)
    state = lines.iloc[versions["line"]].reset_index(drop=True)
    on = versions["delivered"].to_numpy()
    for column in _COURSE:
        known = day_of(state[column].to_numpy()) <= on
        state[column] = state[column].where(known)
    state["quantity"] += on < corrected[versions["line"]]
    is_cancellation = versions["change"].eq("progress") & state["cancelled_at"].notna()
    return state.assign(
        delivered=on,
        change=versions["change"].mask(is_cancellation, "cancellation"),
        is_late=versions["change"].eq("") & (late > 0)[versions["line"]],
    )


def with_unknown_products(rng: np.random.Generator, rows: pd.DataFrame, share: float) -> pd.DataFrame:
    """The rows, a share of those in the catalogue naming a product that is not in it (p9001 to p9020)."""
    named = rows["product_id"].str.startswith("p").fillna(False).to_numpy(dtype=bool)
    is_unknown = named & (rng.random(len(rows)) < share)
    unknown = [f"p{number}" for number in rng.integers(9001, 9021, size=len(rows))]
    return rows.assign(product_id=np.where(is_unknown, unknown, rows["product_id"]))


def as_text(instants: pd.Series) -> pd.Series:
    """Instants as the text in which this shop exports the dates of its reviews."""
    return instants.dt.strftime("%Y-%m-%d %H:%M:%S")
