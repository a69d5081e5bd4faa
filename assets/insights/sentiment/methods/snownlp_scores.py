"""snownlp's own scores: a named engine, and what every model of ours is compared with.

Character-based hidden Markov segmentation and naive Bayes, about a hundred reviews a second; importing it takes 3 s and 420 MB.
"""

from collections.abc import Sequence

import numpy as np

from assets.insights.sentiment.methods.linear import Documents
from resources.text import is_chinese, segmented

# Its time grows with the length of a text, and a text of thousands of characters says its mind within this.
LONGEST = 500


def scores(texts: Sequence[str]) -> np.ndarray:
    """The probability of praise by snownlp; 0.5 for an empty text, which it fails on."""
    from snownlp import sentiment

    return np.array([round(sentiment.classify(text[:LONGEST]), 4) if text.strip() else 0.5 for text in texts])


class Snownlp:
    """snownlp as the engine of all verdicts: two classes, no reasons."""

    has_neutral = False

    def documents(
        self, texts: Sequence[str], tokens: Sequence[Sequence[str]] | None = None, *, is_whole: bool = True
    ) -> Documents:
        return Documents(texts, tokens if tokens is not None else segmented(texts))

    def understands(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([is_chinese(text) for text in texts], dtype=bool)

    def probabilities(self, documents: Documents) -> np.ndarray:
        praise = scores(documents.texts)
        return np.column_stack([1 - praise, np.zeros(len(praise)), praise])

    def labels(self, documents: Documents, probabilities: np.ndarray) -> np.ndarray:
        return np.where(probabilities[:, 2] >= 0.5, 2, 0)

    def speaking_words(self, documents: Documents) -> list[tuple[list[str], list[str]]]:
        return [([], []) for _ in documents.texts]
