"""Why a customer is expected to buy or not, in words: the contributions that move the score most.

Inputs that say nearly the same share a theme, so that a customer is not told three times that the last order is long ago: a
theme counts with the sum of its contributions and speaks through the largest one of that sign. What is said is what is true
of the customer (much or little of it), after an arrow: up where it raises the chance of a purchase, down where it lowers it. An input
whose contribution runs against its plain sense, as happens among inputs that say nearly the same, is left to count but not to
speak; so are personal attributes, unless the shop allows them. One fact is said once, whichever inputs it follows from.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from assets.insights.predictions.methods.wording import (
    ABSENT,
    FRESH_DAYS,
    NOTHING,
    PERSONAL,
    SINGULARS,
    UNKNOWN,
    WORDINGS,
)
from resources.learning.encoding import Floats, floats
from resources.learning.model import Model
from resources.money import amount
from resources.values import named
from resources.words import LOWERS, RAISES, Words

SHOWN = 3
SHARES = ("return_share",)
ORDERED_ONCE, LAST_ORDER = "ordered once", "last order"


def reasons(
    model: Model, frame: pd.DataFrame, *, currency: str | None = None, may_be_personal: bool = False
) -> list[Words]:
    """Of each row its SHOWN strongest themes that have something to say, strongest first, in Chinese and in English."""
    names, given = model.features, model.contributions(frame)
    much, values = _much(model, frame, given), [frame[name].tolist() for name in names]
    senses = np.array([WORDINGS[name].sense for name in names])
    is_absent = np.column_stack([frame[name].isna() for name in names])
    signs = np.sign(given)
    speaks = (senses == 0) | is_absent | (signs == senses * np.where(much, 1, -1))
    if not may_be_personal:
        speaks[:, [name in PERSONAL for name in names]] = False
    themes = list(dict.fromkeys(WORDINGS[name].theme for name in names))
    strengths, speakers = np.zeros((len(frame), len(themes))), np.zeros((len(frame), len(themes)), int)
    for number, theme in enumerate(themes):
        own = np.array([at for at, name in enumerate(names) if WORDINGS[name].theme == theme])
        total = given[:, own].sum(axis=1)
        of_its_sign = np.where(speaks[:, own] & (signs[:, own] == np.sign(total)[:, None]), np.abs(given[:, own]), 0)
        speakers[:, number] = own[of_its_sign.argmax(axis=1)]
        strengths[:, number] = np.where(of_its_sign.max(axis=1) > 0, np.abs(total), 0)
    # Rounded, so that the order of equal ones does not depend on the last bit.
    order = np.argsort(-strengths.round(9), axis=1, kind="stable")
    cache: dict[tuple[str, bool, Any], Words] = {}
    recency = frame["recency_days"].tolist() if "recency_days" in frame else [None] * len(frame)
    texts = []
    for row in range(len(frame)):
        said: list[Words] = []
        facts: set[object] = set()
        for theme in order[row]:
            if strengths[row, theme] == 0 or len(said) == SHOWN:
                break
            at = speakers[row, theme]
            key = (names[at], bool(much[row, at]), None if is_absent[row, at] else values[at][row])
            words = cache.get(key) or cache.setdefault(key, worded(*key, currency))
            fact = _fact(key[0], key[2], recency[row], words)
            if fact not in facts:
                facts.add(fact)
                said.append((RAISES if given[row, at] > 0 else LOWERS) + words)
        texts.append(Words.join(said) if said else NOTHING)
    return texts


def _fact(name: str, value: Any, recency_days: Any, words: Words) -> object:
    """What a reason tells: reasons of one fact say it twice."""
    if (
        name in ("gap_mean_days", "gap_sd_days", "recency_to_gap")
        and value is None
        or name == "frequency"
        and value == 1
    ):
        return ORDERED_ONCE
    is_silence = name.startswith(("purchases_", "spend_")) and value == 0 or name == "purchase_trend" and value is None
    is_same_day = (
        name in ("visit_recency_days", "t_days", "tenure_days") and value is not None and value == recency_days
    )
    if name == "recency_days" or is_silence or is_same_day:
        return LAST_ORDER
    if name.startswith("spend") and value is not None:
        return ("spend", round(float(value)))
    return words


def _much(model: Model, frame: pd.DataFrame, given: Floats) -> Any:
    """Whether a customer has much of an input; of texts, whether it raises the score."""
    much = given > 0
    for column, number in enumerate(model.encoding.numeric):
        usual = WORDINGS[number.name].usual
        values = floats(frame[number.name])
        measured, limit = (values, usual) if usual is not None else (number.measured(values), number.fill)
        much[:, column] = np.nan_to_num(measured, nan=-np.inf) > limit
    return much


def _shown(name: str, value: Any, currency: str | None) -> Words:
    """The value as people read it, with its unit."""
    if isinstance(value, str):
        return named(value)
    if name.startswith("spend") or name == "monetary_value":
        return amount(value, currency)
    if name in SHARES:
        shown = f"{value:.0%}" if value else "0"
    else:
        shown = f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.1f}"
    return Words(shown, shown)


def worded(name: str, is_much: bool, found: Any, currency: str | None) -> Words:
    """What is said of an input, of which a customer has much or little."""
    wording = WORDINGS[name]
    if found is None or found == "":
        return ABSENT.get(name, UNKNOWN)
    value = _shown(name, found, currency)
    if found == 0 and wording.zero:
        return wording.zero
    words = wording.much if is_much else wording.little
    if not is_much and wording.fresh and found <= FRESH_DAYS:
        words = wording.fresh
    words = words.format(v=value)
    if value.en == "1":
        for many, one in SINGULARS:
            words = replace(words, en=words.en.replace(many, one))
    return words
