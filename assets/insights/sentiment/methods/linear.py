"""Linear text classifiers: the mean of a logistic regression and one whose columns are scaled by naive-Bayes log-count
ratios, one against the rest for each class, calibrated on rows that were held out. Where there are three classes and few
rows, a multinomial logistic regression of all classes joins the mean: the class in the middle is on no side of the rest.

Scaling by log-count ratios and mixing with the plain weights follow Wang & Manning (2012), "Baselines and Bigrams"; both
are linear in the same columns, so their mean is one vector of weights. Calibration is a multinomial logistic regression on
the scores (Platt scaling where there are two classes). Labels are chosen so that a rare class is not lost: its probability
is weighed by a factor chosen on the held-out rows for the best macro-F1 to be expected there. That expectation is taken
over the calibrated probabilities (Lewis 1995), which is steadier than the F1 of few labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from resources.learning.ngrams import (
    SCRIPTS,
    Counts,
    Vocabulary,
    character_grams,
    script_counts,
    word_grams,
)
from resources.learning.weights import read_arrays, write_arrays

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Array = np.ndarray[Any, Any]
    Matrix = csr_array

INVERSE_REGULARISATION = 4.0
SMOOTHING = 0.1
# Characters weigh more than words: of clauses they say more, of reviews as much.
CHARACTERS = np.float32(1.4)
# Below this many texts an n-gram that only one of them holds still tells more than it costs.
MANY = 10_000
FACTORS = np.geomspace(0.5, 4.0, 25)
FEWEST_HELD_OUT = 30
# Columns beside the n-grams; characters of a review that is neither short nor long.
BESIDE, MIDDLE = 3, 50
EDGE = 1e-6


@dataclass(frozen=True)
class Documents:
    """Normalised texts with their words, and for each the score of an earlier model (0 where there is none). Clauses of
    longer texts are not `is_whole`: where they begin and end and how short they are says nothing of them."""

    texts: Sequence[str]
    tokens: Sequence[Sequence[str]]
    prior: "Array | None" = None
    is_whole: bool = True

    def __len__(self) -> int:
        return len(self.texts)

    def rows(self, numbers: "Array") -> "Documents":
        prior = self.prior[numbers] if self.prior is not None else None
        texts, tokens = [self.texts[n] for n in numbers], [self.tokens[n] for n in numbers]
        return replace(self, texts=texts, tokens=tokens, prior=prior)


@dataclass(frozen=True)
class Sample:
    """What a fit needs of documents: their counted n-grams, the columns beside these, the characters of each script."""

    characters: Counts
    words: Counts
    beside: "Array"
    scripts: "Array"

    @classmethod
    def of(cls, documents: Documents) -> "Sample":
        return cls(
            Counts.of(character_grams(documents.texts, is_whole=documents.is_whole)),
            Counts.of(word_grams(documents.tokens, is_whole=documents.is_whole)),
            _beside(documents),
            script_counts(documents.texts),
        )

    def rows(self, numbers: "Array") -> "Sample":
        return Sample(
            self.characters.rows(numbers), self.words.rows(numbers), self.beside[numbers], self.scripts[numbers]
        )


@dataclass(frozen=True)
class Model:
    """`weights` has a row for each n-gram of characters, then of words, then for what `_beside` gives, and a column a
    score: one for two classes, else one a class. `slopes` and `offsets` turn scores into log-probabilities.
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
        characters = self.characters.weighted(character_grams(documents.texts, is_whole=documents.is_whole))
        words = self.words.weighted(word_grams(documents.tokens, is_whole=documents.is_whole))
        return _columns(characters, words, _beside(documents))

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
        return replace(model, factors=_factors(softmax(scores @ model.slopes + model.offsets)))

    def of_parts(self, sample: Sample) -> "Model":
        """Without a say of length and of n-grams that are not in `sample`: the same rows without their marks."""
        kept = [
            np.isin(vocabulary.hashes, counts.hashes)
            for vocabulary, counts in ((self.characters, sample.characters), (self.words, sample.words))
        ]
        weights = self.weights[np.concatenate([*kept, np.ones(BESIDE, dtype=bool)])]
        weights[-1] = 0
        characters, words = (
            Vocabulary(vocabulary.hashes[known], vocabulary.idf[known])
            for vocabulary, known in zip((self.characters, self.words), kept, strict=True)
        )
        return replace(self, characters=characters, words=words, weights=weights)

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
    from sklearn.linear_model import LogisticRegression

    fewest = 2 if len(labels) >= MANY else 1
    characters, of_characters = Vocabulary.of(sample.characters, fewest)
    words, of_words = Vocabulary.of(sample.words, fewest)
    matrix = _columns(of_characters, of_words, sample.beside).astype(np.float64)
    sides = [1] if len(classes) == 2 else range(len(classes))
    found = [_against_the_rest(matrix, labels == side, balanced=len(classes) > 2) for side in sides]
    weights = np.column_stack([weight for weight, _ in found])
    intercepts = np.array([intercept for _, intercept in found])
    if len(classes) > 2 and len(labels) < MANY:
        joint = LogisticRegression(C=INVERSE_REGULARISATION, class_weight="balanced", max_iter=200, tol=1e-3)
        joint.fit(matrix, labels)
        weights, intercepts = (weights + joint.coef_.T) / 2, (intercepts + joint.intercept_) / 2
    slopes = np.array([[0.0, 1.0]]) if len(found) == 1 else np.eye(len(found))
    return Model(
        tuple(classes),
        characters,
        words,
        weights.astype(np.float32),
        intercepts,
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


def _beside(documents: Documents) -> "Array":
    """The prior's score, its size, and how long a text is, which n-grams of length 1 do not tell."""
    prior = documents.prior if documents.prior is not None else np.zeros(len(documents))
    lengths = np.array([len(text) if documents.is_whole else MIDDLE for text in documents.texts])
    # The prior's score reaches from about -8 to 8; the n-grams of a text are of length 1 a block.
    return 0.3 * np.column_stack([prior, np.abs(prior), np.log((1 + lengths) / (1 + MIDDLE))])


def _columns(characters: "Matrix", words: "Matrix", beside: "Array") -> "Matrix":
    from scipy.sparse import csr_array, hstack

    return csr_array(hstack([characters * CHARACTERS, words, csr_array(beside.astype(np.float32))], format="csr"))


def _against_the_rest(matrix: "Matrix", is_class: "Array", *, balanced: bool) -> tuple["Array", float]:
    from sklearn.linear_model import LogisticRegression

    in_class = np.repeat(is_class, np.diff(matrix.indptr))
    _, width = np.shape(matrix)
    inside = np.bincount(matrix.indices[in_class], minlength=width) + SMOOTHING
    outside = np.bincount(matrix.indices[~in_class], minlength=width) + SMOOTHING
    ratios = np.log((inside / inside.sum()) / (outside / outside.sum()))
    ratios[-BESIDE:] = 1.0
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


def _factors(probabilities: "Array") -> "Array":
    """The factor of each class but the most frequent one that gives the best macro-F1 to be expected."""
    count = probabilities.shape[1]
    factors = np.ones(count)
    if count == 2:
        return factors
    there = probabilities.sum(axis=0)

    def expected(factors: "Array") -> float:
        found = np.argmax(probabilities * factors, axis=1)
        right = np.bincount(found, weights=probabilities[np.arange(len(found)), found], minlength=count)
        return float((2 * right / (there + np.bincount(found, minlength=count))).mean())

    # Twice, as the best factor of the one class hangs on that of the other.
    for rare in [*np.argsort(there, kind="stable")[:-1]] * 2:
        factors = max((np.where(np.arange(count) == rare, factor, factors) for factor in FACTORS), key=expected)
    return np.round(factors, 4)
