"""One interface for every learner: an encoding, a learner, and a calibration, all of it data.

`fit` learns from a frame and its labels, `Model.predict` gives probabilities (or values), `Model.contributions` says what
each feature did to each row's score, `Model.parameters` and `load` carry the model through the registry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resources.errors import NotEnough
from resources.learning import encoding, linear, trees
from resources.learning.encoding import Encoding, Floats
from resources.learning.linear import Linear
from resources.learning.threads import one_thread
from resources.learning.trees import Trees, TreeSettings
from resources.learning.weights import read_arrays, write_arrays

Method = Literal["logistic", "linear", "forest", "boosting", "blend"]

CLASSIFIERS: tuple[Method, ...] = ("logistic", "linear", "forest", "boosting", "blend")
REGRESSORS: tuple[Method, ...] = ("linear", "forest", "boosting")

FIT_ROWS = 100_000
FEWEST_OF_A_CLASS = 20
EDGE = 1e-4
CHUNK_ROWS = 100_000


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted model. `is_class`: its scores are probabilities. `calibration`: slope and intercept on the log-odds."""

    method: Method
    is_class: bool
    encoding: Encoding
    learners: tuple[Linear | Trees, ...]
    """One; of a blend two, whose margins are averaged."""
    calibration: tuple[float, float] | None = None

    @property
    def features(self) -> list[str]:
        return self.encoding.features

    def predict(self, frame: pd.DataFrame) -> Floats:
        """The probability of each row of the frame (its value, of a regression), in its order."""
        starts = range(0, max(len(frame), 1), CHUNK_ROWS)
        return np.concatenate([self.scores(self.encoding.matrix(frame.iloc[at : at + CHUNK_ROWS])) for at in starts])

    def scores(self, x: Floats) -> Floats:
        """The same of rows that are encoded already."""
        margins = self.margins(x)
        if not self.is_class:
            return margins
        scores = np.clip(margins, EDGE, 1 - EDGE) if self.method in ("linear", "forest") else _sigmoid(margins)
        if self.calibration is None:
            return scores
        slope, intercept = self.calibration
        return _sigmoid(slope * _log_odds(scores) + intercept)

    def margins(self, x: Floats) -> Floats:
        """The log-odds (logistic, boosting, blend), the probability (linear, forest) or the value (regressions), before calibration."""
        return np.mean([learner.margins(x) for learner in self.learners], axis=0)

    def contributions(self, frame: pd.DataFrame) -> Floats:
        """What each of `features` adds to the row's margin against a usual row: rows x features."""
        x = self.encoding.matrix(frame)
        given = np.mean([learner.contributions(x) for learner in self.learners], axis=0)
        sums = np.zeros((len(frame), len(self.features)))
        for column, source in enumerate(self.encoding.sources):
            sums[:, source] += given[:, column]
        return sums

    def calibrated(self, calibration: Sequence[float] | None) -> "Model":
        return replace(self, calibration=tuple(calibration) if calibration else None)

    def parameters(self, folder: Path) -> dict[str, Any]:
        """The model as JSON; the arrays of trees go into a file of `folder` named by its content."""
        learners = []
        for learner in self.learners:
            file = {"file": write_arrays(folder, learner.arrays())} if isinstance(learner, Trees) else {}
            learners.append(learner.parameters() | file)
        return {
            "method": self.method,
            "is_class": self.is_class,
            "encoding": self.encoding.parameters(),
            "learners": learners,
            "calibration": list(self.calibration) if self.calibration else None,
        }


def load(parameters: Mapping[str, Any], folder: Path) -> Model:
    """The model of its parameters."""
    return Model(
        method=parameters["method"],
        is_class=parameters["is_class"],
        encoding=Encoding.from_parameters(parameters["encoding"]),
        learners=tuple(
            Trees.from_parameters(learner, read_arrays(folder, learner["file"]))
            if "file" in learner
            else Linear.from_parameters(learner)
            for learner in parameters["learners"]
        ),
        calibration=tuple(parameters["calibration"]) if parameters["calibration"] else None,
    )


def fit(
    method: Method,
    frame: pd.DataFrame,
    labels: "NDArray[Any] | Sequence[float]",
    features: Sequence[str],
    *,
    is_class: bool = True,
    caps: Mapping[str, float] | None = None,
    settings: TreeSettings | None = None,
) -> Model:
    """Fits one learner on the `features` of a frame and its labels (0/1, or numbers where not `is_class`)."""
    return fit_all([method], frame, labels, features, is_class=is_class, caps=caps, settings=settings)[method]


def fit_all(
    methods: Sequence[Method],
    frame: pd.DataFrame,
    labels: "NDArray[Any] | Sequence[float]",
    features: Sequence[str],
    *,
    is_class: bool = True,
    caps: Mapping[str, float] | None = None,
    settings: TreeSettings | None = None,
) -> dict[Method, Model]:
    """Fits several learners on one encoding of the frame; a blend averages the log-odds of logistic regression and boosting.

    The order of the rows does not matter; of more than FIT_ROWS rows a sample spread over them is fitted on.
    Raises NotEnough where a class has too few rows or no feature varies.
    """
    from sklearn import config_context

    y = np.asarray(labels, float)
    if is_class:
        fewest = int(min(y.sum(), len(y) - y.sum()))
        if fewest < FEWEST_OF_A_CLASS:
            raise NotEnough(f"{FEWEST_OF_A_CLASS} rows of either outcome", fewest)
    elif len(y) < 2 * FEWEST_OF_A_CLASS:
        raise NotEnough(f"{2 * FEWEST_OF_A_CLASS} rows", len(y))
    learned = encoding.learn(frame, features, caps)
    if not learned.features:
        raise NotEnough("a feature that differs between rows", "none")
    x = learned.matrix(frame)
    order = np.lexsort([y, *x.T])
    if len(order) > FIT_ROWS:
        order = order[np.linspace(0, len(order) - 1, FIT_ROWS).astype(int)]
    x, y = np.ascontiguousarray(x[order]), y[order]
    settings = settings or TreeSettings()
    parts = {method: ("logistic", "boosting") if method == "blend" else (method,) for method in methods}
    # Sums in parallel depend on the number of threads: another machine would get another model. The settings
    # are ours, so they are not looked through again for every tree.
    with one_thread(), config_context(skip_parameter_validation=True):
        learners = {
            part: _learn(part, x, y, settings, is_class) for part in dict.fromkeys(sum(parts.values(), start=()))
        }
    return {m: Model(m, is_class, learned, tuple(learners[part] for part in parts[m])) for m in methods}


def _learn(part: str, x: Floats, y: Floats, settings: TreeSettings, is_class: bool) -> Linear | Trees:
    if part == "logistic":
        return linear.logistic(x, y)
    if part == "linear":
        return linear.ridge(x, y)
    learn = trees.forest if part == "forest" else trees.boosting
    return learn(x, y, settings, is_class=is_class)


def sigmoid_calibration(
    labels: Floats, scores: Floats, later_labels: Floats, later_scores: Floats
) -> tuple[float, float] | None:
    """Slope and intercept on the log-odds (Platt 1999) learned from `scores`, or None unless they lower the Brier score of
    the later ones: what corrects one season can spoil the next."""
    if min(labels.sum(), len(labels) - labels.sum()) < FEWEST_OF_A_CLASS:
        return None
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1e6).fit(_log_odds(scores)[:, None], labels)
    slope, intercept = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    corrected = _sigmoid(slope * _log_odds(later_scores) + intercept)
    is_better = np.mean((corrected - later_labels) ** 2) < np.mean((later_scores - later_labels) ** 2)
    return (slope, intercept) if is_better and slope > 0 else None


def _sigmoid(margins: Floats) -> Floats:
    return 1 / (1 + np.exp(-np.clip(margins, -30, 30)))


def _log_odds(scores: Floats) -> Floats:
    inside = np.clip(scores, EDGE, 1 - EDGE)
    return np.log(inside / (1 - inside))
