"""What a blend is worth before it goes live: the clicks that its products bring where lists were drawn at random (SNIPS and DR, with intervals).

A place of a random list shows each product of its pool with the same probability; the other way would show the products of its own list there, in
random order. So what is valued is which products are listed, not their order, and of them those that the pool may hold.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.insights.recommendations.methods import policy
from assets.insights.recommendations.methods.policy import Floats, Value

if TYPE_CHECKING:
    import pandas as pd

FEWEST_CLICKS, FEWEST_IN_LIST = 20, 5
# An item is expected to bring its clicks, drawn towards the mean as if it had been shown so many times more.
SMOOTHING = 50.0
IN_FORCE, CHALLENGER = "in force", "challenger"
NO_RANDOM_LISTS = (
    "not known: no list drawn at random was shown (recommendations.random_share is how many customers get one)"
)


def table(shown: "pd.DataFrame", lists: Mapping[str, Mapping[Any, Any]]) -> list[dict[str, Any]]:
    """Rows of evidence. `shown`: person_id, product_id, listed_on, pool_size, is_clicked of the random lists; `lists`: by blend the products that it
    would have listed, by (person_id, listed_on)."""
    if shown.empty:
        return [{"model": NO_RANDOM_LISTS}]
    clicks = int(shown["is_clicked"].sum())
    keys = list(zip(shown["person_id"], shown["listed_on"], strict=True))
    products = shown["product_id"].tolist()
    targets = {name: _target(keys, products, found) for name, found in lists.items()}
    fewest = min(int((target > 0).sum()) for target in targets.values())
    if clicks < FEWEST_CLICKS or fewest < FEWEST_IN_LIST * FEWEST_CLICKS:
        said = f"not known: {clicks} clicks on {len(shown)} products of random lists; {FEWEST_CLICKS} clicks and lists in common are needed"
        return [{"model": said}]
    reward = shown["is_clicked"].to_numpy(float)
    logged = 1 / shown["pool_size"].to_numpy(float)
    people = np.unique(shown["person_id"].astype(str), return_inverse=True)[1]
    worth = _worth(products, reward)
    expected = np.array([worth[product] for product in products])
    rows = []
    for name, target in targets.items():
        by_target = _by_target(keys, lists[name], worth, float(reward.mean()))
        # How much of its list the pools hold: each product of the list stands there with the logged probability of its place.
        held = float((target / logged).mean())
        values = {
            "snips": policy.snips(reward, logged, target, people),
            "dr": policy.doubly_robust(reward, logged, target, expected, by_target, people),
        }
        rows += [
            _row(name, estimator, value) | {"share_in_pools": min(round(held, 4), 1.0)}
            for estimator, value in values.items()
        ]
    if IN_FORCE in targets and CHALLENGER in targets:
        ahead = policy.snips_ahead(reward, logged, targets[CHALLENGER], targets[IN_FORCE], people)
        rows.append(_row("challenger ahead by", "snips", ahead))
    return [
        *rows,
        {
            "model": "as shown at random",
            "clicks_a_product": round(float(reward.mean()), 6),
            "products_shown": len(shown),
        },
    ]


def _target(keys: list[Any], products: list[Any], lists: Mapping[Any, Any]) -> Floats:
    """The probability with which a blend would show the product at that place: one of its list, in random order."""
    found = (lists.get(key, ()) for key in keys)
    return np.array([1 / len(own) if product in own else 0.0 for product, own in zip(products, found, strict=True)])


def _worth(products: list[Any], reward: Floats) -> dict[Any, float]:
    names, numbers = np.unique(np.array(products, dtype=str), return_inverse=True)
    clicks, counts = np.bincount(numbers, reward), np.bincount(numbers)
    rates = (clicks + SMOOTHING * reward.mean()) / (counts + SMOOTHING)
    return dict(zip(names.tolist(), rates.tolist(), strict=True))


def _by_target(keys: list[Any], lists: Mapping[Any, Any], worth: Mapping[Any, float], mean: float) -> Floats:
    means = {
        key: float(np.mean([worth.get(product, mean) for product in own])) for key, own in lists.items() if len(own)
    }
    return np.array([means.get(key, mean) for key in keys])


def _row(name: str, estimator: str, value: Value) -> dict[str, Any]:
    figures = {"clicks_a_product": value.value, "low": value.low, "high": value.high}
    return (
        {"model": name, "estimator": estimator}
        | {key: round(figure, 6) for key, figure in figures.items()}
        | {"effective_count": round(value.effective_count)}
    )
