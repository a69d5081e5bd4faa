"""Linear text classifiers: the mean of a logistic regression and one whose columns are scaled by naive-Bayes log-count
ratios, one against the rest for each class, calibrated on rows that were held out.

Scaling by log-count ratios and mixing with the plain weights follow Wang & Manning (2012), "Baselines and Bigrams"; both
are linear in the same columns, so their mean is one vector of weights. Calibration is a multinomial logistic regression on
the scores (Platt scaling where there are two classes). Labels are chosen so that a rare class is not lost: its probability
is weighed by a factor chosen on the held-out rows for the best macro-F1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.insights.sentiment.evaluate import macro_f1
from assets.insights.sentiment.ngrams import SCRIPTS, Counts, Vocabulary, character_grams, script_counts, word_grams
from resources.learning.arrays import read_arrays, write_arrays

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Array = np.ndarray[Any, Any]
    Matrix = csr_array

INVERSE_REGULARISATION = 4.0
SMOOTHING = 0.1
# Below this many texts an n-gram that only one of them holds still tells more than it costs.
MANY = 10_000
FACTORS = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
FEWEST_HELD_OUT = 30
EDGE = 1e-6


@dataclass(frozen=True)
class Documents:
    """Normalised texts with their words, and for each the score of an earlier model (0 where there is none)."""

    texts: Sequence[str]
    tokens: Sequence[Sequence[str]]
    prior: "Array | None" = None

    def __len__(self) -> int:
        return len(self.texts)

    def rows(self, numbers: "Array") -> "Documents":
        prior = self.prior[numbers] if self.prior is not None else None
        return Documents([self.texts[n] for n in numbers], [self.tokens[n] for n in numbers], prior)


@dataclass(frozen=True)
class Sample:
    """What a fit needs of documents: their counted n-grams, the characters of each script, the scores of the earlier model."""

    characters: Counts
    words: Counts
    scripts: "Array"
    prior: "Array"

    @classmethod
    def of(cls, documents: Documents) -> "Sample":
        return cls(
            Counts.of(character_grams(documents.texts)),
            Counts.of(word_grams(documents.tokens)),
            script_counts(documents.texts),
            _prior(documents),
        )

    def rows(self, numbers: "Array") -> "Sample":
        return Sample(
            self.characters.rows(numbers), self.words.rows(numbers), self.scripts[numbers], self.prior[numbers]
        )


@dataclass(frozen=True)
class Model:
    """`weights` has a row for each n-gram of characters, then of words, then two for the prior's score and its size, and a
    column a score: one for two classes, else one a class. `slopes` and `offsets` turn scores into log-probabilities.
    `scripts` is the share of each script among the letters it was trained on."""

    classes: tuple[str, ...]
    characters: Vocabulary
    words: Vocabulary
    weights: "Array"
    intercepts: "Array"
    slopes: "Array"
    offsets: "Array"
    factors: "Array"
    scripts: "Array"

    def understands(self, texts: Sequence[str]) -> "Array":
        """Whether a third of a text's letters are of scripts that the model was trained on (a Chinese character is a word)."""
        counts = script_counts(texts)
        fewest = np.where(np.array(list(SCRIPTS)) == "emoji", 0.001, 0.1)
        known = counts[:, self.scripts >= fewest].sum(axis=1)
        return (known > 0) & (3 * known >= counts.sum(axis=1))

    def columns(self, documents: Documents) -> "Matrix":
        blocks = [
            self.characters.weighted(character_grams(documents.texts)),
            self.words.weighted(word_grams(documents.tokens)),
        ]
        return _columns(blocks, _prior(documents))

    def scores(self, documents: Documents) -> "Array":
        return np.asarray(self.columns(documents) @ self.weights) + self.intercepts

    def probabilities(self, documents: Documents) -> "Array":
        """A column for each class."""
        return softmax(self.scores(documents) @ self.slopes + self.offsets)

    def labels(self, probabilities: "Array") -> "Array":
        """The number of the class of each row."""
        return np.argmax(probabilities * self.factors, axis=1)

    def calibrated(self, documents: Documents, labels: "Array") -> "Model":
        """The model with slopes, offsets and factors fitted on rows that it was not trained on."""
        from sklearn.linear_model import LogisticRegression

        scores = self.scores(documents)
        if len(documents) < FEWEST_HELD_OUT or len(np.unique(labels)) < len(self.classes):
            return self
        found = LogisticRegression(C=1.0, max_iter=500).fit(scores, labels)
        if len(self.classes) == 2:
            slopes = np.hstack([np.zeros((1, 1)), found.coef_])
            offsets = np.array([0.0, found.intercept_[0]])
        else:
            slopes, offsets = found.coef_.T, found.intercept_
        model = replace(self, slopes=np.round(slopes, 6), offsets=np.round(offsets, 6))
        return replace(model, factors=_factors(softmax(scores @ model.slopes + model.offsets), labels))

    def arrays(self) -> dict[str, "Array"]:
        return {
            "classes": np.array(self.classes),
            "character_hashes": self.characters.hashes,
            "character_idf": self.characters.idf,
            "word_hashes": self.words.hashes,
            "word_idf": self.words.idf,
            "weights": self.weights,
            "intercepts": self.intercepts,
            "slopes": self.slopes,
            "offsets": self.offsets,
            "factors": self.factors,
            "scripts": self.scripts,
        }

    def save(self, folder: Path) -> str:
        """The name of the file in `folder`, which goes with its content."""
        return write_arrays(folder, self.arrays())

    @classmethod
    def load(cls, folder: Path, name: str) -> "Model":
        """Raises ZhikeError where the file is gone or broken."""
        found = read_arrays(folder, name)
        return cls(
            tuple(str(name) for name in found["classes"]),
            Vocabulary(found["character_hashes"], found["character_idf"]),
            Vocabulary(found["word_hashes"], found["word_idf"]),
            *(found[name] for name in ("weights", "intercepts", "slopes", "offsets", "factors", "scripts")),
        )


def softmax(scores: "Array") -> "Array":
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def log_odds(probabilities: "Array") -> "Array":
    kept = np.clip(probabilities, EDGE, 1 - EDGE)
    return np.log(kept / (1 - kept))


def fit(sample: Sample, labels: "Array", classes: Sequence[str]) -> Model:
    """A model that is not calibrated yet. `labels` are numbers of `classes`."""
    fewest = 2 if len(labels) >= MANY else 1
    characters, of_characters = Vocabulary.of(sample.characters, fewest)
    words, of_words = Vocabulary.of(sample.words, fewest)
    matrix = _columns([of_characters, of_words], sample.prior).astype(np.float64)
    sides = [1] if len(classes) == 2 else range(len(classes))
    found = [_against_the_rest(matrix, labels == side, balanced=len(classes) > 2) for side in sides]
    width = len(found)
    slopes = np.array([[0.0, 1.0]]) if width == 1 else np.eye(width)
    return Model(
        tuple(classes),
        characters,
        words,
        np.column_stack([weight for weight, _ in found]).astype(np.float32),
        np.array([intercept for _, intercept in found]),
        slopes,
        np.zeros(len(classes)),
        np.ones(len(classes)),
        np.round(sample.scripts.sum(axis=0) / max(1, sample.scripts.sum()), 4),
    )


def fit_calibrated(documents: Documents, labels: "Array", classes: Sequence[str], held_out: "Array") -> Model:
    """A model of all rows with the calibration of one that was trained without the rows `held_out` (a mask)."""
    sample = Sample.of(documents)
    trained = fit(sample.rows(np.flatnonzero(~held_out)), labels[~held_out], classes)
    judged = trained.calibrated(documents.rows(np.flatnonzero(held_out)), labels[held_out])
    return replace(fit(sample, labels, classes), slopes=judged.slopes, offsets=judged.offsets, factors=judged.factors)


def _prior(documents: Documents) -> "Array":
    return documents.prior if documents.prior is not None else np.zeros(len(documents))


def _columns(blocks: "Sequence[Matrix]", prior: "Array") -> "Matrix":
    """The weighted n-grams with the prior's score and its size beside them."""
    from scipy.sparse import csr_array, hstack

    # The prior's score reaches from about -8 to 8; n-grams of a text are of length 1 together.
    beside = csr_array(np.column_stack([prior * 0.3, np.abs(prior * 0.3)]).astype(np.float32))
    return csr_array(hstack([*blocks, beside], format="csr"))


def _against_the_rest(matrix: "Matrix", is_class: "Array", *, balanced: bool) -> tuple["Array", float]:
    from sklearn.linear_model import LogisticRegression

    in_class = np.repeat(is_class, np.diff(matrix.indptr))
    _, width = np.shape(matrix)
    inside = np.bincount(matrix.indices[in_class], minlength=width) + SMOOTHING
    outside = np.bincount(matrix.indices[~in_class], minlength=width) + SMOOTHING
    ratios = np.log((inside / inside.sum()) / (outside / outside.sum()))
    ratios[-2:] = 1.0
    scaled = matrix.copy()
    scaled.data = scaled.data * ratios[scaled.indices]
    found = []
    for columns in (matrix, scaled):
        regression = LogisticRegression(
            C=INVERSE_REGULARISATION,
            solver="liblinear",
            dual=True,
            tol=0.1,
            max_iter=300,
            random_state=0,
            class_weight="balanced" if balanced else None,
        )
        regression.fit(columns, is_class)
        found.append((regression.coef_[0], float(regression.intercept_[0])))
    (plain, one), (by_ratio, other) = found
    return (plain + by_ratio * ratios) / 2, (one + other) / 2


def _factors(probabilities: "Array", labels: "Array") -> "Array":
    """The factor of each class but the most frequent one that gives the best macro-F1, one class after the other."""
    count = probabilities.shape[1]
    factors = np.ones(count)
    if count == 2:
        return factors
    for rare in np.argsort(np.bincount(labels, minlength=count), kind="stable")[:-1]:
        tried = [np.where(np.arange(count) == rare, factor, factors) for factor in FACTORS]
        gained = [round(macro_f1(labels, np.argmax(probabilities * trial, axis=1), count), 4) for trial in tried]
        # Of equally good factors the one nearest to none.
        best = min(range(len(FACTORS)), key=lambda n: (-gained[n], abs(np.log(FACTORS[n]))))
        factors = tried[best]
    return factors
