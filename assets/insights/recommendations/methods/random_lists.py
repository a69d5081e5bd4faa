"""Lists drawn at random, so that another blend can be valued before it goes live: a few customers get products drawn evenly from the best candidates
of the blend in force, in random order. Who they are changes from quarter to quarter, and the name of a list says how it was drawn.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.insights.recommendations.methods.candidates import NOBODY, Products, Scores

RANDOM = "random"
POOL = 30


def is_drawn(people: Sequence[str], share: float, week: date) -> NDArray[np.bool_]:
    """Who gets such a list: by a hash of the person and the quarter."""
    week -= timedelta(days=week.weekday())
    quarter = f"{week.year}-Q{(week.month - 1) // 3 + 1}"
    return np.array([_number(f"random {quarter} {person}") < share * 2**64 for person in people], bool)


def shuffled(
    people: Sequence[str], products: Products, scores: Scores, length: int, week: date
) -> tuple[Products, NDArray[np.int64]]:
    """People × positions: of the POOL best candidates by `scores` (-inf: may not be shown) each as probable at each position as any other; and
    how many there were to draw from. The same whenever it is asked."""
    week -= timedelta(days=week.weekday())
    picked = np.full((len(people), length), NOBODY, np.int64)
    pools = np.zeros(len(people), np.int64)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :POOL]
    for row, person in enumerate(people):
        pool = products[row, order[row][np.isfinite(scores[row, order[row]])]]
        random = np.random.default_rng(_number(f"order {week.isoformat()} {person}"))
        pools[row] = len(pool)
        picked[row, : min(length, len(pool))] = random.permutation(pool)[:length]
    return picked, pools


def list_name(week: date, source: str, pool: int) -> str:
    """What the shop's events name a list of new products by; of one drawn at random it says from how many products each place was drawn."""
    name = f"zhike-discover-{week:%Y%m%d}-{source}"
    return f"{name}-{pool}" if pool else name


def _number(text: str) -> Any:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
