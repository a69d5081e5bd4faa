"""Tree ensembles as arrays: fitted by scikit-learn, evaluated and explained here.

A contribution is the change of the mean of the leaves below on the way down each tree, booked on the feature split on
(Saabas 2014): contributions sum exactly to the margin less the ensemble's mean. It is the cheap kin of SHAP: for
correlated features it credits the one split on first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]

CHUNK_CELLS = 2_000_000
SEED = 0


@dataclass(frozen=True)
class TreeSettings:
    """Bounds that keep a fit small. `forest_rows` are drawn for each tree."""

    forest_trees: int = 100
    forest_rows: int = 4_000
    forest_leaf_rows: int = 15
    boosting_rounds: int = 120
    boosting_leaves: int = 15
    boosting_rate: float = 0.05
    boosting_leaf_rows: int = 20


@dataclass(frozen=True, eq=False)
class Trees:
    """All trees' nodes in one array; a leaf is its own child. `values` of inner nodes are the mean of the leaves below.

    The margin is `base` plus the sum of the leaves. `is_single`: the fit saw its columns as 32-bit floats.
    """

    roots: Integers
    features: Integers
    thresholds: Floats
    left: Integers
    right: Integers
    values: Floats
    base: float
    is_single: bool

    def margins(self, x: Floats) -> Floats:
        return self._walk(x, explained=False)[0]

    def contributions(self, x: Floats) -> Floats:
        """Per row and column; they sum to the margin less that of the roots."""
        return self._walk(x, explained=True)[1]

    def _walk(self, x: Floats, explained: bool) -> tuple[Floats, Floats]:
        if self.is_single:
            x = x.astype(np.float32).astype(float)
        margins, width = np.empty(len(x)), x.shape[1]
        given = np.zeros((len(x), width) if explained else (0, 0))
        step = max(1, CHUNK_CELLS // max(len(self.roots), 1))
        for start in range(0, len(x), step):
            part = x[start : start + step]
            rows = np.arange(len(part))[:, None]
            node = np.broadcast_to(self.roots, (len(part), len(self.roots)))
            while True:
                split = self.features[node]
                goes_left = part[rows, split] <= self.thresholds[node]
                child = np.where(goes_left, self.left[node], self.right[node])
                if (child == node).all():
                    break
                if explained:
                    cells = (rows * width + split).ravel()
                    gained = (self.values[child] - self.values[node]).ravel()
                    given[start : start + step] += np.bincount(cells, gained, part.size).reshape(part.shape)
                node = child
            margins[start : start + step] = self.base + self.values[node].sum(axis=1)
        return margins, given

    def arrays(self) -> dict[str, Any]:
        return {
            "roots": self.roots,
            "features": self.features,
            "thresholds": self.thresholds,
            "left": self.left,
            "right": self.right,
            "values": self.values,
        }

    def parameters(self) -> dict[str, Any]:
        return {"base": self.base, "is_single": self.is_single}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any], arrays: Mapping[str, Any]) -> "Trees":
        return cls(**arrays, base=parameters["base"], is_single=parameters["is_single"])


def forest(x: Floats, y: Floats, settings: TreeSettings, *, is_class: bool) -> Trees:
    """Random forest (Breiman 2001), bounded; the margin is the mean of the trees."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    bounds = {
        "n_estimators": settings.forest_trees,
        "min_samples_leaf": settings.forest_leaf_rows,
        "max_samples": min(settings.forest_rows, len(x)),
        "random_state": SEED,
        "n_jobs": 1,
    }
    model = RandomForestClassifier if is_class else RandomForestRegressor
    fitted = model(max_features="sqrt" if is_class else 1 / 3, **bounds).fit(x, y)
    return as_trees(fitted)


def boosting(x: Floats, y: Floats, settings: TreeSettings, *, is_class: bool) -> Trees:
    """Histogram gradient boosting (Friedman 2001; Ke et al. 2017); of classes the margin is the log-odds."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    model = HistGradientBoostingClassifier if is_class else HistGradientBoostingRegressor
    fitted = model(
        max_iter=settings.boosting_rounds,
        max_leaf_nodes=settings.boosting_leaves,
        learning_rate=settings.boosting_rate,
        min_samples_leaf=settings.boosting_leaf_rows,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=SEED,
    ).fit(x, y)
    return as_trees(fitted)


def as_trees(fitted: Any) -> Trees:
    """The arrays of a fitted scikit-learn forest or boosting model, of two classes or of a number."""
    if hasattr(fitted, "estimators_"):
        parts = [_forest_nodes(found.tree_, len(fitted.estimators_)) for found in fitted.estimators_]
        base, is_single = 0.0, True
    else:
        parts = [_boosting_nodes(found[0].nodes) for found in fitted._predictors]
        base, is_single = float(np.ravel(fitted._baseline_prediction)[0]), False
    sizes = np.array([len(part["values"]) for part in parts])
    roots = np.cumsum(sizes) - sizes
    for root, part in zip(roots, parts, strict=True):
        is_leaf = part["left"] < 0
        own = np.arange(len(is_leaf))
        for side in ("left", "right"):
            part[side] = np.where(is_leaf, own, part[side]) + root
        part["features"] = np.where(is_leaf, 0, part["features"])
        part["thresholds"] = np.where(is_leaf, 0.0, part["thresholds"])
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Trees(
        roots=roots.astype(np.int32),
        features=joined["features"].astype(np.int32),
        thresholds=joined["thresholds"].astype(float),
        left=joined["left"].astype(np.int32),
        right=joined["right"].astype(np.int32),
        values=joined["values"].astype(float),
        base=base,
        is_single=is_single,
    )


def _forest_nodes(tree: Any, trees: int) -> dict[str, Any]:
    # Of two classes a node holds both shares, the second is that of y = 1; of a number it holds the mean.
    return {
        "features": tree.feature,
        "thresholds": tree.threshold,
        "left": tree.children_left,
        "right": tree.children_right,
        "values": tree.value[:, 0, -1] / trees,
    }


def _boosting_nodes(nodes: Any) -> dict[str, Any]:
    is_leaf = nodes["is_leaf"].astype(bool)
    values, counts = nodes["value"].copy(), nodes["count"].astype(float)
    left, right = nodes["left"].astype(np.int64), nodes["right"].astype(np.int64)
    # Children come after their parent. Only leaves carry the learning rate, so inner means are taken from them.
    for at in range(len(nodes) - 1, -1, -1):
        if not is_leaf[at]:
            one, other = left[at], right[at]
            values[at] = (values[one] * counts[one] + values[other] * counts[other]) / (counts[one] + counts[other])
    return {
        "features": nodes["feature_idx"].astype(np.int64),
        "thresholds": nodes["num_threshold"],
        "left": np.where(is_leaf, -1, left),
        "right": np.where(is_leaf, -1, right),
        "values": values,
    }
