"""Which model reads a message: the newest one of the shop's own in force when it was known, before that the one as installed."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from assets.insights.service.intents.reads import labelled_count, labelled_messages
from assets.weekly import code_of
from resources.fitted import Fitted, Metrics
from resources.learning.threads import one_thread
from resources.learning.weights import read_arrays, write_arrays
from resources.registry import Fits, RoomModel, replay
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    from assets.insights.service.methods.intents import IntentModel

METHOD = "linear model over character and word n-grams"
# Messages that a fit rests on: the newest. A fit is made again when there are half as many more than for the one in force,
# or when that is half a year old.
MOST, GROWTH, AGE = 20_000, 1.5, timedelta(days=182)


@dataclass(frozen=True)
class Models:
    """The models of a shop up to a day."""

    warehouse: Warehouse
    installed: Fitted
    fits: Fits

    @classmethod
    def until(cls, warehouse: Warehouse, day: date) -> "Models":
        """With the fits up to `day`, those missing made in order."""
        return cls(warehouse, installed_of(warehouse), replay(warehouse, MODEL, [day]))

    def of(self, day: date) -> Fitted:
        """The fit for a message known on `day`."""
        return self.fits.in_force(day) or self.installed

    def read_by(self, fitted: Fitted) -> "IntentModel":
        return _model(self.warehouse, fitted.parameters["file"])


def installed_of(warehouse: Warehouse) -> Fitted:
    """The model as installed, fitted once, as of the Monday at or before the shop's start."""
    found = replay(warehouse, INSTALLED, [INSTALLED.first_day(warehouse.shop)]).newest
    assert found is not None
    return found


def fit_installed(warehouse: Warehouse, day: date, before: Fitted | None) -> Fitted:
    from assets.insights.service.methods.starter import trained

    file = write_arrays(warehouse.place.models, trained().model.arrays())
    return Fitted(INSTALLED.name, day, METHOD, {"file": file}, Metrics("as installed"), in_force=True)


def is_due(warehouse: Warehouse, day: date, before: Fitted) -> bool:
    """Whether there are enough more labelled messages than for the fit in force, or that is old."""
    enough = GROWTH * before.parameters["labelled_count"]
    return labelled_count(warehouse, day) >= enough or day >= before.fitted_as_of + AGE


def fit(warehouse: Warehouse, day: date, before: Fitted | None) -> Fitted:
    """The model of the labelled messages known before `day`. Raises NotEnough while they are few."""
    from assets.insights.service.methods.study import FEWEST, NEEDS, fit_on_labels
    from resources.errors import NotEnough
    from resources.text import has_words, normalised

    labelled = labelled_count(warehouse, day)
    if labelled < FEWEST:
        raise NotEnough(NEEDS, labelled)
    rows = [row for row in labelled_messages(warehouse, day, MOST) if has_words(normalised(row[0]))]
    with one_thread():
        found = fit_on_labels(
            [text for text, _, _ in rows],
            [intent for _, intent, _ in rows],
            [previous for _, _, previous in rows],
            _model(warehouse, before.parameters["file"]) if before else None,
        )
    parameters: dict[str, Any] = {
        "labelled_count": labelled,
        "intents": len(found.model.intents),
        "recipe": found.recipe,
        "wrong_labels": found.wrong_share,
    }
    if found.is_accepted:
        parameters["file"] = write_arrays(warehouse.place.models, found.model.arrays())
    own, base = found.holdout[0], found.holdout[1]
    measured = {
        "accuracy_ahead": round(own["accuracy"] - base["accuracy"], 4),
        "top_3": own["top_3"],
        "sure_precision": own["sure_precision"],
        "sure_share": own["sure_share"],
    }
    metrics = Metrics(found.reason, {"holdout": found.holdout}, figures=measured)
    return Fitted(MODEL.name, day, METHOD, parameters, metrics, found.is_accepted)


def _model(warehouse: Warehouse, name: str) -> "IntentModel":
    """The weights of a file, read once a run."""
    from assets.insights.service.methods.intents import IntentModel

    folder = warehouse.place.models
    return warehouse.once(("intent weights", name), lambda: IntentModel.from_arrays(read_arrays(folder, name)))


CODE = (*code_of(__file__), "assets/insights/service/methods", "assets/insights/service/starter")
MODEL = RoomModel("intents", history_days=0, fit=fit, code=CODE, is_due=is_due)
# Its one fit, on the Monday at or before the start, holds for ever: none after it is due.
INSTALLED = RoomModel(
    "intents_installed", history_days=-6, fit=fit_installed, code=CODE, begins_at_once=True, is_due=lambda *_: False
)
