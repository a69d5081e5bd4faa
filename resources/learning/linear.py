"""Linear learners: logistic regression and ridge, as weights. A contribution is weight times distance from the mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# On standardised columns: next to nothing for what is well known, much for what two columns say together.
PENALTY = 10.0


@dataclass(frozen=True, eq=False)
class Linear:
    weights: Floats
    intercept: float
    means: Floats
    """Of the columns fitted on."""

    def margins(self, x: Floats) -> Floats:
        return x @ self.weights + self.intercept

    def contributions(self, x: Floats) -> Floats:
        """Per row and column; they sum to the margin less that of the mean row."""
        return (x - self.means) * self.weights

    def parameters(self) -> dict[str, Any]:
        return {"weights": self.weights.tolist(), "intercept": self.intercept, "means": self.means.tolist()}

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> "Linear":
        return cls(
            np.array(parameters["weights"], float), parameters["intercept"], np.array(parameters["means"], float)
        )


def logistic(x: Floats, y: Floats) -> Linear:
    """Logistic regression, log-odds of y = 1."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=1 / PENALTY, solver="newton-cholesky", max_iter=200).fit(x, y)
    return Linear(fitted.coef_[0], float(fitted.intercept_[0]), x.mean(axis=0))


def ridge(x: Floats, y: Floats) -> Linear:
    """Ridge regression of y."""
    from sklearn.linear_model import Ridge

    fitted = Ridge(alpha=PENALTY, solver="cholesky").fit(x, y)
    return Linear(fitted.coef_, float(fitted.intercept_), x.mean(axis=0))
