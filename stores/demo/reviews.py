"""Reviews of delivered products: a rating from the product's quality and the order's fate, and words to go with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stores.demo.buyers import CAUSES
from stores.demo.catalogue import Catalogue
from stores.demo.days import day_of, instant, seconds_of_day
from stores.demo.wording import one, sentences

_SHARE = 0.22
_DEFAULT_SHARE = 0.25
_NEUTRAL, _POSITIVE, _NEGATIVE, _MIXED, _DEFAULT = "neutral", "positive", "negative", "mixed", "default"


def draw_reviews(
    rng: np.random.Generator, orders: pd.DataFrame, lines: pd.DataFrame, catalogue: Catalogue, days: int
) -> pd.DataFrame:
    """The reviews table, with `sentiment` and `aspects` ("物流:negative|质量:positive"), the truth behind it.

    Orders whose planted cause is a bad review always get one, of one or two stars, on their first line.
    """
    cause = orders["cause"].to_numpy()[lines["order"]]
    is_bad = (cause == CAUSES.index("bad_review")) & (lines["line_no"] == 1).to_numpy()
    is_reviewed = is_bad | (rng.random(len(lines)) < _SHARE)
    is_reviewed &= (lines["delivered_at"].notna() & lines["line_type"].eq("product")).to_numpy()
    is_slow = cause == CAUSES.index("late_delivery")
    reviewed = lines.loc[is_reviewed, ["customer_id", "product_id", "product", "delivered_at"]].copy()
    reviewed = reviewed.assign(is_bad=is_bad[is_reviewed], is_slow=is_slow[is_reviewed])
    reviewed["rating"] = _ratings(rng, reviewed, catalogue)
    day = day_of(reviewed["delivered_at"].to_numpy()) + rng.integers(1, 9, len(reviewed))
    reviewed["day"] = day
    reviewed["reviewed_at"] = instant(day, seconds_of_day(rng, len(reviewed)))
    reviewed = reviewed[day < days].sort_values(["reviewed_at", "customer_id", "product_id"], ignore_index=True)
    reviewed["review_id"] = [f"v{number:07d}" for number in range(1, len(reviewed) + 1)]
    words, products = sentences("reviews"), catalogue.products.to_dict("records")
    texts = [
        _text(rng, words, rating, slow, products[product])
        for rating, slow, product in zip(reviewed["rating"], reviewed["is_slow"], reviewed["product"], strict=True)
    ]
    return pd.concat([reviewed, pd.DataFrame(texts, columns=["text", "sentiment", "aspects"])], axis=1)


def _ratings(rng: np.random.Generator, reviewed: pd.DataFrame, catalogue: Catalogue) -> np.ndarray:
    """Stars 1 to 5: mostly five, less for poor products and late parcels, one or two where planted."""
    quality = catalogue.products["quality"].to_numpy()[reviewed["product"]]
    felt = 4.6 + 0.8 * quality + rng.normal(0, 0.9, len(reviewed)) - 1.2 * reviewed["is_slow"].to_numpy()
    stars = np.clip(np.rint(felt), 1, 5).astype("int64")
    return np.where(reviewed["is_bad"], rng.integers(1, 3, len(reviewed)), stars)


def _text(
    rng: np.random.Generator, words: dict[str, Any], rating: int, slow: bool, product: dict[str, Any]
) -> tuple[str, str, str]:
    """Words for a rating, their sentiment and the aspects they speak of."""
    if rating >= 4 and rng.random() < _DEFAULT_SHARE:
        return one(rng, words["defaults"]), _DEFAULT, ""
    fill = {"noun": product["noun"], "brand": product["brand"], "n": int(rng.integers(2, 7))}
    aspects = list(words["positive"])
    chosen = [aspects[index] for index in rng.choice(len(aspects), size=2, replace=False)]
    if slow and "物流" not in chosen:
        chosen[0] = "物流"
    opening = one(rng, words["openings"])
    if rating >= 4 and not slow:
        kept = chosen[: int(rng.integers(1, 3))]
        body = "，".join(one(rng, words["positive"][aspect]) for aspect in kept) + one(rng, words["praise_ends"])
        polarity, sentiment = dict.fromkeys(kept, _POSITIVE), _POSITIVE
    elif rating <= 2:
        kept = sorted(chosen, key=lambda aspect: aspect != "物流")[: int(rng.integers(1, 3))]
        body = "，".join(one(rng, words["negative"][aspect]) for aspect in kept) + one(rng, words["blame_ends"])
        polarity, sentiment = dict.fromkeys(kept, _NEGATIVE), _NEGATIVE
    elif slow or rng.random() < 0.5:
        good, bad = sorted(chosen, key=lambda aspect: aspect == "物流")
        praise, turn, blame = (
            one(rng, words["positive"][good]),
            one(rng, words["turns"]),
            one(rng, words["negative"][bad]),
        )
        body = f"{praise}{turn}{blame}。"
        polarity, sentiment = {good: _POSITIVE, bad: _NEGATIVE}, _MIXED
    else:
        body, polarity, sentiment = one(rng, words["neutral"]) + "。", {}, _NEUTRAL
    spoken_of = "|".join(f"{aspect}:{value}" for aspect, value in polarity.items())
    return (opening + body).format(**fill), sentiment, spoken_of
