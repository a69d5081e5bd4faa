"""Lists of customers page by page: what they are filtered by, and where a page begins."""

import base64
import binascii
import json
import math
import re
from typing import Any

from resources.cards import Cards
from resources.words import Words
from serving import answers
from serving.answers import Refused, filled

NAMES = {
    "segment": Words("客群", "segment"),
    "class": Words("RFM 类别", "class"),
    "group": Words("生命周期分组", "group"),
}


def chosen(cards: Cards, name: str, value: str) -> tuple[str, Any]:
    """A filter by its value or its name in any language. Raises Refused (404) where there is none."""
    known = cards.values(name)
    for each in known:
        if value in (str(each["value"]), each["zh"], each["en"]):
            return name, each["value"]
    names = ", ".join(str(each["en"]) for each in known)
    raise Refused(404, filled(answers.NO_VALUE, (value, NAMES[name]), (names,)))


def next_of(last: tuple[float, str] | None) -> str | None:
    """What a page gives for the next one to begin with."""
    return base64.urlsafe_b64encode(json.dumps(last).encode()).decode().rstrip("=") if last else None


def place(after: str) -> tuple[float, str]:
    """Where a page begins. Raises Refused (404) for what no page gave."""
    try:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", after):
            raise ValueError
        key, person = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        if not isinstance(person, str) or not math.isfinite(key):
            raise ValueError
        person.encode()
    except (ValueError, TypeError, RecursionError, OverflowError, binascii.Error):
        raise Refused(404, answers.NO_PAGE) from None
    return float(key), person
