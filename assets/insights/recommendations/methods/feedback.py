"""What lists' own impressions and clicks say of their sources: Thompson sampling (Thompson 1933; Chapelle & Li 2011), corrected for position.

The click rate at the first position of each source has a Beta posterior. An impression further down counts as the share of
one that its position is worth: clicks there as a share of clicks at the first, over all sources, which is unbiased because
positions draw their source at random. Each position of each list draws a rate from every source's posterior and takes the
source with the highest: so a source is shown as often as it is probably the best, and none is ever given up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.insights.recommendations.methods.random_lists import RANDOM

if TYPE_CHECKING:
    import pandas as pd

PRIOR_RATE = 0.1
PRIOR_STRENGTH = 40.0
HOLDOUT = "holdout"
SMOOTHING = 20.0
LONGEST = 50


def worth_of_positions(shown: "pd.DataFrame") -> "np.ndarray[Any, Any]":
    """By position from 1, clicks as a share of those at the first; falling, from 1. Pulled towards 1 / log2(1 + position)
    where few impressions were made."""
    positions = np.arange(1, LONGEST + 1)
    expected = 1 / np.log2(1 + positions)
    at = shown["position"].clip(1, LONGEST).to_numpy(int)
    impressions = np.bincount(at, minlength=LONGEST + 1)[1:]
    clicks = np.bincount(at, weights=shown["is_clicked"].to_numpy(float), minlength=LONGEST + 1)[1:]
    first = (clicks[0] + PRIOR_RATE * SMOOTHING) / (impressions[0] + SMOOTHING)
    rate = (clicks + first * expected * SMOOTHING) / (impressions + SMOOTHING)
    return np.minimum.accumulate(np.minimum(rate / first, 1.0))


@dataclass(frozen=True)
class Posterior:
    """Of a source's click rate at the first position."""

    alpha: float
    beta: float

    @property
    def mean(self) -> float:
        return self.alpha / (self.alpha + self.beta)


def priors(offline: Mapping[str, float]) -> dict[str, Posterior]:
    """Before any impression: in proportion to what each source scored on past purchases."""
    best = max([*offline.values(), 1e-9])
    rates = {source: PRIOR_RATE * max(value / best, 0.05) for source, value in offline.items()}
    return {source: Posterior(PRIOR_STRENGTH * r, PRIOR_STRENGTH * (1 - r)) for source, r in rates.items()}


def summary(shown: "pd.DataFrame") -> "pd.DataFrame":
    """By list and source: impressions, what they are worth at the first position, clicks, purchases."""
    worth = worth_of_positions(shown)[shown["position"].clip(1, LONGEST).to_numpy(int) - 1]
    counted = shown.assign(worth=worth, impression_count=1)
    grouped = counted.groupby(["list", "source"], sort=True).agg(
        impression_count=("impression_count", "sum"),
        first_position_worth=("worth", "sum"),
        click_count=("is_clicked", "sum"),
        purchase_count=("is_bought", "sum"),
    )
    return grouped.reset_index().assign(first_position_worth=lambda f: f["first_position_worth"].round(6))


def posteriors(prior: Mapping[str, Posterior], found: "pd.DataFrame") -> dict[str, Posterior]:
    """`found`: summary() of one list."""
    rows = {row.source: row for row in found.itertuples()}
    result = {}
    for source, before in prior.items():
        row = rows.get(source)
        clicks, worth = (float(row.click_count), float(row.first_position_worth)) if row else (0.0, 0.0)
        result[source] = Posterior(before.alpha + clicks, before.beta + max(worth - clicks, 0.0))
    return result


def draw(
    posterior: Mapping[str, Posterior], customers: int, positions: int, seed: Sequence[int]
) -> "np.ndarray[Any, Any]":
    """Customers × positions: the number of the source, in the order of the mapping, that each position takes."""
    random = np.random.default_rng(list(seed))
    rates = np.stack([random.beta(p.alpha, p.beta, (customers, positions)) for p in posterior.values()])
    return rates.argmax(axis=0)


def lift(found: "pd.DataFrame") -> dict[str, float] | None:
    """How far the click rate at the first position lies above the hold-out's, with a 95 % interval (delta method); None without either."""
    held = found[found["source"] == HOLDOUT].sum(numeric_only=True)
    other = found[~found["source"].isin([HOLDOUT, RANDOM])].sum(numeric_only=True)
    if found.empty or not held.get("click_count", 0) or not other.get("click_count", 0):
        return None
    rates = [part["click_count"] / part["first_position_worth"] for part in (other, held)]
    spread = 1.96 * np.sqrt(sum(1 / part["click_count"] for part in (other, held)))
    ratio = rates[0] / rates[1]
    return {
        "lift": float(ratio - 1),
        "low": float(ratio * np.exp(-spread) - 1),
        "high": float(ratio * np.exp(spread) - 1),
    }


def table(shown: "pd.DataFrame", offline: Mapping[str, float]) -> "pd.DataFrame":
    """The rows of insights.recommendation_feedback but for as_of. `offline`: what the sources of `discover` scored on past purchases."""
    found = summary(shown)
    posterior = posteriors(priors(offline), found[found["list"] == "discover"])
    unseen = [source for source in posterior if source not in set(found.loc[found["list"] == "discover", "source"])]
    more = found.iloc[:0].reindex(range(len(unseen)))
    more = more.assign(
        list="discover", source=unseen, impression_count=0, first_position_worth=0.0, click_count=0, purchase_count=0
    )
    rows = more if found.empty else found if not unseen else _concat([found, more])
    of_discover = rows["list"] == "discover"
    ahead = lift(found[found["list"] == "discover"])
    worth = rows["first_position_worth"].astype(float)
    rate = (rows["click_count"].astype(float) / worth.where(worth > 0)).round(6)

    def parameter(name: str) -> list[float | None]:
        return [
            round(getattr(posterior[source], name), 6) if mine and source in posterior else None
            for source, mine in zip(rows["source"], of_discover, strict=True)
        ]

    rows = rows.assign(click_rate=rate, alpha=parameter("alpha"), beta=parameter("beta"))
    for column, name in (("lift", "lift"), ("lift_low", "low"), ("lift_high", "high")):
        rows[column] = [round(ahead[name], 6) if ahead and mine else None for mine in of_discover]
    return rows


def _concat(frames: "list[pd.DataFrame]") -> "pd.DataFrame":
    import pandas as pd

    return pd.concat(frames, ignore_index=True)
