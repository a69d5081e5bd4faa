"""What is known of some persons since the snapshot was published: laid over its cards, in memory, until the next one holds it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Fresh:
    """Of a person: how many events are new, what they did today with the scores as of now (`today` of a card), and their lists anew; None
    where the shop has none."""

    event_count: int
    today: Mapping[str, Any]
    recommendations: list[dict[str, Any]] | None


@dataclass(frozen=True)
class Rebuilt:
    """Persons worked out anew; `is_all` where what was known before of others does not hold any more."""

    version: str
    is_all: bool
    people: dict[str, Fresh]


@dataclass(frozen=True)
class Overlay:
    """Persons who were active since, over one version of the snapshot; `fresh_at`: when that was last looked at."""

    version: str = ""
    fresh_at: str = ""
    people: Mapping[str, Fresh] = field(default_factory=dict)


NOTHING = Overlay()
