"""Which of the phrasings that a search found is the same question: a conditional logit over what they share, and how sure that is.

Of the candidates of a question one is right; the margin of each is linear in its features and in the grams it shares, and their
shares are the softmax of the margins (McFadden 1974; ListNet's top-one probability, Cao et al. 2007). Whether the right one is
among them at all, a second logistic regression says, on questions whose entry was there or was taken away.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.insights.service.methods.lexicon import Grams, Lexicon, Vectors
from assets.insights.service.methods.pairs import FEATURES, Book
from assets.insights.service.methods.phrases import Phrase

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

CERTAIN = 0.02
FILE = Path(__file__).with_name("reranker.npz")
# What of a candidate, beside its share, says that it is right.
TOLD_BY = tuple(number for number, name in enumerate(FEATURES) if name not in ("place", "length"))


@dataclass(frozen=True, eq=False)
class Reranker:
    """Weights of the features, and of what is told of being right: share, entries and the features `TOLD_BY`. `threshold`: the
    probability from which on answers are right in the promised share of cases. `note`: how it was made."""

    lexicon: Lexicon
    weights: "Array"
    right_weights: "Array"
    threshold: float
    note: str

    def margins(self, book: Book, question: Phrase, chosen: "Array", features: "Array") -> "Array":
        return features @ self.weights + book.gram_margins(question, chosen)

    def p_right(self, margins: "Array", features: "Array", entries: int) -> "Array":
        """The probability of each candidate, one an entry, to be what was asked, in a base of so many entries."""
        return 1 / (1 + np.exp(-(told(margins, features, entries) @ self.right_weights[:-1] + self.right_weights[-1])))

    def save(self, path: Path) -> None:
        names = {
            "words": self.lexicon.words.names,
            "units": self.lexicon.units.names,
            "grams": self.lexicon.grams.names,
        }
        text = json.dumps({"note": self.note, **{kind: names[kind].tolist() for kind in names}}, ensure_ascii=False)
        arrays = {
            "text": np.frombuffer(text.encode(), dtype=np.uint8),
            "gram_weights": self.lexicon.grams.weights.astype(np.float16),
            "weights": self.weights,
            "right_weights": self.right_weights,
            "threshold": np.array(self.threshold),
        }
        for kind, vectors in (("word", self.lexicon.words), ("unit", self.lexicon.units)):
            arrays[f"{kind}_rarity"] = vectors.rarity.astype(np.float16)
            arrays[f"{kind}_directions"] = np.round(vectors.directions * 127).astype(np.int8)
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path) -> "Reranker":
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        text = json.loads(arrays["text"].tobytes())

        def vectors(kind: str) -> Vectors:
            directions = arrays[f"{kind}_directions"].astype(np.float32)
            length = np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1)
            return Vectors(np.array(text[f"{kind}s"]), arrays[f"{kind}_rarity"].astype(np.float32), directions / length)

        grams = Grams(np.array(text["grams"]), arrays["gram_weights"].astype(float))
        lexicon = Lexicon(vectors("word"), vectors("unit"), grams)
        return cls(lexicon, arrays["weights"], arrays["right_weights"], float(arrays["threshold"]), text["note"])


@cache
def installed() -> Reranker:
    """The one that Zhike brings along."""
    return Reranker.load(FILE)


def told(margins: "Array", features: "Array", entries: int) -> "Array":
    """What says that each candidate is right: its share as log odds, how many entries there are, and features. A share is never taken
    for certain: among few candidates it says little."""
    shifted = np.exp(margins - margins.max(initial=0.0))
    shares = np.clip(shifted / max(float(shifted.sum()), 1e-9), CERTAIN, 1 - CERTAIN)
    size = np.full(len(margins), np.log(max(entries, 1)))
    return np.column_stack([np.log(shares / (1 - shares)), size, features[:, TOLD_BY]])
