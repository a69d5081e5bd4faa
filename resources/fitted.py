"""One fit of a model, as data: its parameters, and what it showed on a later window."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

PlainRows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Metrics:
    """What a fit showed on a later window, as data.

    `reason`: why it was chosen, and why it is in force or not. `holdout`: tables by name, each with rows that name a `model`.
    `calibration`: bins with `predicted`, `realised` and `count`. `figures`: numbers that checks may judge, by name.
    """

    reason: str
    holdout: Mapping[str, PlainRows] = field(default_factory=dict)
    calibration: PlainRows = ()
    figures: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Fitted:
    """One fit. `in_force` is false for one that was judged not to be used; the one before stays in force then."""

    name: str
    fitted_as_of: date
    method: str
    parameters: dict[str, Any]
    metrics: Metrics
    in_force: bool

    @property
    def version(self) -> str:
        content = json.dumps([self.method, self.parameters], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:12]
