"""Who is held out of an action: by a hash of person, action and season, so that it is not the same unlucky ones every time, needs no list, and is
the same whenever it is asked."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

HELD, GETS = "held_out", "treated"


def held_out(
    people: Sequence[str], action: str, season: str, share: float, kept: Mapping[str, str] | None = None
) -> NDArray[np.bool_]:
    """Whether each person is held out. `kept`: arms given earlier in the season, which stay whatever the share is now."""
    earlier = kept or {}
    drawn = (earlier.get(person) or (HELD if place(person, action, season) < share else GETS) for person in people)
    return np.fromiter((arm == HELD for arm in drawn), bool, len(people))


def place(person: str, action: str, season: str) -> float:
    """A person's place in the draw of an action and season, evenly from 0 to 1."""
    # A cyclic code such as CRC would give two actions places that hang together.
    text = "\x1f".join((season, action, person)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") / 2**64


def first_arms(
    given: Sequence[tuple[str, str, float]], person_of: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, float]]:
    """By person the first arm given to any of their accounts, and the share that was held out when it was drawn, from (account or person then, arm, share)
    in the order in which they were given: two persons that turn out to be one keep the arm that came first."""
    arms: dict[str, str] = {}
    shares: dict[str, float] = {}
    for then, arm, share in given:
        arms.setdefault(person_of.get(then, then), arm)
        shares.setdefault(person_of.get(then, then), share)
    return arms, shares
