"""An alert as those who tell and show it have it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from resources.alerting import BY_SCORE
from resources.words import Words

# A week that is older is told by nobody any more.
FRESH_DAYS = 7


@dataclass(frozen=True)
class Alert:
    """A row of outreach.alerts. `at_stake` and `stake` are missing in a shop without prices."""

    alert_id: str
    as_of: date
    cause: str
    name: Words
    person_id: str | None
    product_id: str | None
    title: str | None
    urgency: int
    place: int
    at_stake: float | None
    stake: Words | None
    reasons: Words
    expires_on: date

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Alert":
        has_stake = row.get("stake_zh") is not None
        return cls(
            row["alert_id"],
            row["as_of"],
            row["cause"],
            Words(row["cause_zh"], row["cause_en"]),
            row["person_id"],
            row["product_id"],
            row["title"],
            row["urgency"],
            row["place"],
            row.get("at_stake"),
            Words(row["stake_zh"], row["stake_en"]) if has_stake else None,
            Words(row["reasons_zh"], row["reasons_en"]),
            row["expires_on"],
        )


def allowed(alerts: Sequence[Alert], gone: Collection[str], refusing: Collection[str]) -> list[Alert]:
    """Those that may be told now: none of persons who are gone, nothing by score of persons who refuse that. A complaint is none; what it puts at
    stake is."""
    found = []
    for alert in alerts:
        if alert.person_id in gone or (alert.person_id in refusing and alert.cause in BY_SCORE):
            continue
        found.append(replace(alert, at_stake=None, stake=None) if alert.person_id in refusing else alert)
    return found
