"""Fits an intent model on labelled messages, some of whose labels may be wrong.

All choices are made on the labelled rows themselves: how the weights are found and how strongly they are held back on a fifth
of the rows; temperature, share of wrong labels and the threshold of the promised precision on rows that were not fitted on
(five folds); what is out of scope on intents that were left out, a quarter at a time.

Three losses are tried: squared hinge (LinearSVC) and its mean with multinomial logistic regression over all n-grams, best
where labels are right, and squared error on centred labels (ridge), which forgives wrong ones: a row that contradicts its neighbours is left standing instead of being learnt by heart. Ridge
scores are divided by a power of each intent's share, as frequent intents else take the rows of rare ones.
The share of wrong labels follows from the mixture p(label) = (1 - e) p(intent) + e share(label), fitted together with the
temperature. Where labels are wrong, a row is taken for right as often as labels agree, divided by 1 - e; where that never
reaches the promised precision, nothing is sure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from assets.insights.service.methods.features import Columns, Sample
from assets.insights.service.methods.figures import threshold_of
from assets.insights.service.methods.intents import IntentModel, softmax
from assets.insights.service.methods.scope import HIGHEST_ONLY, Known, Scope

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Array = np.ndarray[Any, Any]
    Matrix = csr_array

PROMISED = 0.95
# Of the messages of known intents, how many are held to be out of scope.
REFUSED = 0.05
FOLDS, QUARTERS = 5, 4
PRIOR_POWER = 0.2
SOFTMAX, SOFTMAX_STEPS = 30.0, 60
STEPS = 25
# Rows that each intent's name makes.
NAMES = 3
# Fewer wrong labels than this are not told from none.
CLEAN = 0.05
# Above this many messages an n-gram that only one of them holds tells less than it costs.
MANY = 3_000


@dataclass(frozen=True)
class Recipe:
    """How weights are found: the loss, its strength (ridge: penalty; others: inverse penalty), and what words weigh beside characters."""

    loss: Literal["squared", "hinge", "mean"]
    strength: float
    words: float
    before: float = 0.5

    @property
    def name(self) -> str:
        return f"{self.loss} {self.strength:g}"

    @property
    def scales(self) -> tuple[float, float, float]:
        return 1.0, self.words, self.before


RECIPES = (
    Recipe("squared", 4.0, 0.5),
    Recipe("squared", 7.0, 0.5),
    Recipe("hinge", 0.3, 1.0),
    Recipe("hinge", 1.0, 1.0),
    Recipe("mean", 1.0, 1.0),
)


@dataclass(frozen=True)
class Trained:
    """A model with what was found on the way: the recipe, the share of wrong labels, and how many of the held-out rows are sure."""

    model: IntentModel
    recipe: Recipe
    wrong_share: float
    tried: dict[str, float]


def fit(
    texts: Sequence[str],
    labels: Sequence[str],
    previous: Sequence[str] | None = None,
    recipes: Sequence[Recipe] = RECIPES,
    promised: float = PROMISED,
) -> Trained:
    """A model of all rows. At least two intents are needed."""
    intents, numbers = np.unique(np.array(labels, dtype=object).astype(str), return_inverse=True)
    names = [name.replace("_", " ") for name in intents] * NAMES
    sample = Sample.of([*texts, *names], [*previous, *[""] * len(names)] if previous else None)
    labelled = Labelled(sample, np.concatenate([numbers, np.tile(np.arange(len(intents)), NAMES)]), len(names))
    recipe, tried = chosen(labelled, recipes) if len(recipes) > 1 else (recipes[0], {})
    folds = labelled.folds()
    scores = np.zeros((len(numbers), len(intents)))
    for fold in range(FOLDS):
        inside = np.flatnonzero(folds == fold)
        scores[inside] = held_out_scores(recipe, labelled, np.flatnonzero(folds != fold), inside)
    temperature, wrong_share = tempered(scores, numbers)
    coefficients, intercept = scope_weights(recipe, labelled, scores)
    told = np.zeros(len(numbers))
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero((folds != fold) & (folds >= 0))
        columns, matrix = Columns.of(sample.rows(outside), recipe.scales, fewest(recipe, len(outside)))
        known = Known.of(matrix, numbers[outside], scores[outside])
        told[inside] = known.signs(columns.counted(sample.rows(inside)), scores[inside]) @ coefficients + intercept
    highest, right = softmax(scores * temperature).max(axis=1), scores.argmax(axis=1) == numbers
    sure_from = threshold_of(highest, right, promised * (1 - wrong_share if wrong_share >= CLEAN else 1))
    columns, weights, intercepts = weights_of(recipe, sample, labelled.labels, len(intents))
    judged = np.flatnonzero(folds >= 0)
    known = Known.of(columns.counted(sample.rows(judged)), numbers, scores)
    scope = Scope(known, coefficients, intercept, float(np.quantile(told, REFUSED)))
    model = IntentModel(
        tuple(str(name) for name in intents), columns, weights, intercepts, temperature, scope, sure_from, promised
    )
    return Trained(model, recipe, wrong_share, tried)


@dataclass(frozen=True)
class Labelled:
    """Messages with the numbers of their intents; the last `names` rows are the intents' own names, which are fitted on and
    never judged."""

    sample: Sample
    labels: "Array"
    names: int

    @property
    def count(self) -> int:
        return int(self.labels.max()) + 1

    @property
    def judged(self) -> "Array":
        return self.labels[: len(self.labels) - self.names]

    def folds(self) -> "Array":
        """The fold of each row, with as many of each label in every fold, dealt out in a fixed random order; names are in none (-1)."""
        order = np.random.default_rng(0).permutation(len(self.judged))
        order = order[np.argsort(self.judged[order], kind="stable")]
        folds = np.full(len(self.labels), -1, dtype=np.int64)
        folds[order] = np.arange(len(order)) % FOLDS
        return folds


def chosen(labelled: Labelled, recipes: Sequence[Recipe]) -> tuple[Recipe, dict[str, float]]:
    """The recipe that is right most often on the first fold, having been fitted on the others."""
    folds = labelled.folds()
    inside, outside = np.flatnonzero(folds == 0), np.flatnonzero(folds != 0)
    tried = {}
    for recipe in recipes:
        scores = held_out_scores(recipe, labelled, outside, inside)
        tried[recipe.name] = round(float((scores.argmax(axis=1) == labelled.labels[inside]).mean()), 4)
    return max(recipes, key=lambda recipe: tried[recipe.name]), tried


def held_out_scores(recipe: Recipe, labelled: Labelled, fitted: "Array", held_out: "Array") -> "Array":
    """Scores of rows by a model of others."""
    sample, labels = labelled.sample, labelled.labels
    columns, weights, intercepts = weights_of(recipe, sample.rows(fitted), labels[fitted], labelled.count)
    return np.asarray(columns.counted(sample.rows(held_out)) @ weights) + intercepts


def weights_of(recipe: Recipe, sample: Sample, labels: "Array", count: int) -> "tuple[Columns, Array, Array]":
    columns, matrix = Columns.of(sample, recipe.scales, fewest(recipe, len(labels)))
    weights, intercepts = LOSSES[recipe.loss](matrix, labels, count, recipe.strength)
    return columns, weights.astype(np.float32), intercepts.astype(np.float32)


def fewest(recipe: Recipe, rows: int) -> int:
    """How many messages must hold an n-gram."""
    return 2 if rows >= MANY and recipe.loss != "mean" else 1


def _ridge(matrix: "Matrix", labels: "Array", count: int, penalty: float) -> "tuple[Array, Array]":
    """Ridge regression of all intents at once, by conjugate gradients (Hestenes & Stiefel 1952)."""
    from scipy.sparse import csr_array

    shares = np.bincount(labels, minlength=count) / len(labels)
    target = -np.tile(shares, (len(labels), 1)).astype(np.float32)
    target[np.arange(len(labels)), labels] += 1
    turned = csr_array(matrix.T)
    rest = np.asarray(turned @ target)
    weights, step = np.zeros_like(rest), rest.copy()
    squares = (rest * rest).sum(axis=0)
    for _ in range(STEPS):
        moved = np.asarray(turned @ np.asarray(matrix @ step)) + np.float32(penalty) * step
        length = squares / np.maximum((step * moved).sum(axis=0), 1e-20)
        weights += step * length
        rest -= moved * length
        left = (rest * rest).sum(axis=0)
        step = rest + step * (left / np.maximum(squares, 1e-20))
        squares = left
    return weights / np.maximum(shares, 1 / len(labels)) ** PRIOR_POWER, np.zeros(count)


def _hinge(matrix: "Matrix", labels: "Array", count: int, strength: float) -> "tuple[Array, Array]":
    """Each intent against the rest."""
    from sklearn.svm import LinearSVC

    return _each(LinearSVC(C=strength, random_state=0).fit(matrix, labels), count, -1.0)


def _each(found: Any, count: int, absent: float) -> "tuple[Array, Array]":
    """The weights of a linear model, a column an intent also where it has two or has not seen all; `absent` is the score of
    those it has not seen."""
    coefficients, intercepts = found.coef_, found.intercept_
    if len(found.classes_) == 2:
        coefficients, intercepts = np.vstack([-coefficients, coefficients]), np.hstack([-intercepts, intercepts])
    weights, all_intercepts = np.zeros((coefficients.shape[1], count)), np.full(count, absent)
    weights[:, found.classes_], all_intercepts[found.classes_] = coefficients.T, intercepts
    return weights, all_intercepts


def _mean(matrix: "Matrix", labels: "Array", count: int, strength: float) -> "tuple[Array, Array]":
    """The mean of `_hinge` and of multinomial logistic regression, both centred and of the same spread."""
    from sklearn.linear_model import LogisticRegression

    weights, intercepts = 0.0, 0.0
    found = LogisticRegression(C=SOFTMAX * strength, max_iter=SOFTMAX_STEPS).fit(matrix, labels)
    for part, start in (_hinge(matrix, labels, count, strength), _each(found, count, 0.0)):
        part, start = part - part.mean(axis=1, keepdims=True), start - start.mean()
        spread = max(float((np.asarray(matrix @ part) + start).std()), 1e-9)
        weights, intercepts = weights + part / spread, intercepts + start / spread
    return np.asarray(weights), np.asarray(intercepts)


LOSSES = {"squared": _ridge, "hinge": _hinge, "mean": _mean}


def tempered(scores: "Array", labels: "Array") -> tuple[float, float]:
    """The temperature (as a factor) and the share of wrong labels under which labels of rows not fitted on are likeliest."""
    from scipy.optimize import minimize

    shares = np.bincount(labels, minlength=scores.shape[1]) / len(labels)
    rows = np.arange(len(labels))

    def loss(numbers: "Array") -> float:
        wrong = 1 / (1 + np.exp(-np.clip(numbers[1], -30, 30)))
        likely = (1 - wrong) * softmax(scores * np.exp(numbers[0]))[rows, labels] + wrong * shares[labels]
        return float(-np.log(np.maximum(likely, 1e-12)).mean())

    spread = max(float(scores.std()), 1e-6)
    starts = ([-np.log(spread) + start, wrong] for start in (0.0, 1.0) for wrong in (-4.0, -1.0))
    tried = (minimize(loss, start, method="Nelder-Mead", options={"maxiter": 120}) for start in starts)
    best = min(tried, key=lambda found: found.fun)
    temperature, wrong = float(np.exp(best.x[0])), float(1 / (1 + np.exp(-np.clip(best.x[1], -30, 30))))
    if wrong >= CLEAN:
        temperature = _level(scores, labels, shares, wrong)
    return round(temperature, 6), round(wrong, 4)


def _level(scores: "Array", labels: "Array", shares: "Array", wrong: float) -> float:
    """The temperature at which the likeliest intent is as probable as it is right. The likelihood does not see to it where labels may
    be wrong: a sure mistake then costs no more than a wrong label."""
    first = scores.argmax(axis=1)
    agreed = (float((first == labels).mean()) - wrong * float(shares[first].mean())) / (1 - wrong)
    low, high = 1e-3, 1e6
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if softmax(scores * middle).max(axis=1).mean() < agreed else (low, middle)
    return low


def scope_weights(recipe: Recipe, labelled: Labelled, scores: "Array") -> "tuple[Array, float]":
    """Weights of the signs and an intercept, learnt from intents that were left out of a fit beside rows of the others that
    were left out too. `scores` are of all rows, by models of others."""
    from sklearn.linear_model import LogisticRegression

    sample, labels, count, folds = labelled.sample, labelled.labels, labelled.count, labelled.folds()
    parts = np.random.default_rng(1).permutation(count) % QUARTERS
    all_signs, are_known = [], []
    for part in range(QUARTERS if count >= QUARTERS else 0):
        is_new = parts[labels] == part
        held = (is_new | (folds == part % FOLDS)) & (folds >= 0)
        fitted = np.flatnonzero(~held & ~is_new)
        names, renumbered = np.unique(labels[fitted], return_inverse=True)
        if len(names) < 2:
            continue
        columns, weights, intercepts = weights_of(recipe, sample.rows(fitted), renumbered, len(names))
        judged = folds[fitted] >= 0
        rows = fitted[judged]
        known = Known.of(columns.counted(sample.rows(rows)), renumbered[judged], scores[np.ix_(rows, names)])
        matrix = columns.counted(sample.rows(np.flatnonzero(held)))
        all_signs.append(known.signs(matrix, np.asarray(matrix @ weights) + intercepts))
        are_known.append(~is_new[held])
    if not all_signs:
        return HIGHEST_ONLY, 0.0
    table, are = np.vstack(all_signs), np.concatenate(are_known)
    spread = np.maximum(table.std(axis=0), 1e-6)
    found = LogisticRegression(C=1.0, class_weight="balanced", max_iter=500).fit(table / spread, are)
    return np.round(found.coef_[0] / spread, 6), round(float(found.intercept_[0]), 6)
