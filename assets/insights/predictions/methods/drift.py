"""Whether the customers scored are still like those the model was fitted on: PSI of every input and of the score.

The reference are the newest of the rows fitted on, those as of the last cut-off: earlier ones are of a younger shop. Inputs
are taken as the model sees them, so an age beyond its cap has not moved: every customer grows older, and a shop's history
longer, and neither is a reason to distrust the model.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from resources.learning.encoding import Floats, floats
from resources.learning.metrics import histogram, stability_index
from resources.learning.model import Model

SCORE = "score"


def reference(model: Model, frame: pd.DataFrame) -> dict[str, dict[str, list[float]]]:
    """The histogram of each input, and of the score, over the newest of the rows fitted on."""
    return {name: histogram(values) for name, values in _seen(model, frame, model.predict(frame)).items()}


def shifts(model: Model, fitted: Mapping[str, Any], frame: pd.DataFrame, scores: Floats) -> pd.DataFrame:
    """feature, psi of the customers of a week against the `reference`."""
    seen = _seen(model, frame, scores)
    return pd.DataFrame(
        [(name, round(stability_index(fitted[name], values), 6)) for name, values in seen.items()],
        columns=["feature", "psi"],
    )


def _seen(model: Model, frame: pd.DataFrame, scores: Floats) -> dict[str, Floats]:
    seen = {}
    for number in model.encoding.numeric:
        values = floats(frame[number.name])
        seen[number.name] = values if number.cap is None else np.minimum(values, number.cap)
    for levels in model.encoding.levels:
        seen[levels.name] = levels.columns(frame[levels.name]).argmax(axis=1).astype(float)
    return seen | {SCORE: scores}
