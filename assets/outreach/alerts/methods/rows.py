"""The alerts of a week from what each cause found: the most urgent first, then those with the most at stake."""

import hashlib
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd

from assets.outreach.alerts.methods.wording import CAUSES, reasons, stake
from resources.words import Words

URGENCY = {"complained": 3, "entered_risk": 2, "aspect_falling": 2, "moved_down": 1, "unusual_contacts": 1}


def alert_id(cause: str, subject: str) -> str:
    """The name of an alert: that of its cause and of what it is about."""
    return hashlib.sha256(f"{cause}\n{subject}".encode()).hexdigest()[:20]


def alerts(
    week: date,
    found: Mapping[str, pd.DataFrame],
    most: int,
    valid_days: int,
    aspects: Mapping[str, Words],
    currency: str | None,
) -> pd.DataFrame:
    """The rows of outreach.alerts of a week, `most` at most. `found`: by cause its rows, with `subject` and `weight`. What a cause of the shop or
    of a product is about begins with the week: it is another one when it comes again."""
    ranked: list[tuple[int, float, str, str, Mapping[str, Any]]] = []
    for cause, frame in found.items():
        for row in frame.to_dict("records"):
            is_person = "person_id" in row
            name = alert_id(cause, row["subject"] if is_person else f"{row['subject']} {week}")
            weight = 0.0 if pd.isna(row["weight"]) else float(row["weight"])
            ranked.append((-URGENCY[cause], -weight, name, cause, row))
    ranked.sort(key=lambda each: each[:3])
    rows = [
        {
            "as_of": week,
            "alert_id": name,
            "cause": cause,
            "cause_zh": CAUSES[cause].zh,
            "cause_en": CAUSES[cause].en,
            "person_id": row.get("person_id"),
            "product_id": _text(row.get("product_id")),
            "title": _text(row.get("title")),
            "urgency": -urgency,
            "place": place,
            **_in_words(cause, row, aspects, currency),
            "at_stake": -weight,
            "since_on": None if pd.isna(row["since_on"]) else row["since_on"],
            "expires_on": week + timedelta(days=valid_days),
        }
        for place, (urgency, weight, name, cause, row) in enumerate(ranked[:most], start=1)
    ]
    return pd.DataFrame(rows)


def _in_words(
    cause: str, row: Mapping[str, Any], aspects: Mapping[str, Words], currency: str | None
) -> dict[str, str | None]:
    why = reasons(cause, row, aspects)
    worked_out = stake(cause, row, currency) if currency else Words("", "")
    return {"reasons_zh": why.zh, "reasons_en": why.en, "stake_zh": worked_out.zh, "stake_en": worked_out.en}


def _text(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)
