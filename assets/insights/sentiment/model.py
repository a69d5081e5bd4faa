"""Which model scores a review: the newest one of the shop's own in force when it was known, before that the one as installed (for
Chinese shops), or snownlp where the shop asks for it."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.insights.sentiment.reads import rated_count, rated_reviews
from assets.weekly import code_of
from resources.fitted import Fitted, Metrics
from resources.learning.threads import one_thread
from resources.registry import Fits, RoomModel, replay
from resources.warehouse import Warehouse
from resources.words import language_of

if TYPE_CHECKING:
    from assets.insights.sentiment.methods.linear import Model
    from assets.insights.sentiment.methods.scoring import Scores

METHOD = "logistic regression with and without naive-Bayes ratios"
# Reviews that a fit rests on: the newest. A fit is made again when there are half as many more than for the one in force,
# or when that is half a year old.
MOST, GROWTH, AGE = 40_000, 1.5, timedelta(days=182)


@dataclass(frozen=True)
class Engines:
    """The models of a shop up to a day."""

    warehouse: Warehouse
    installed: Fitted | None
    fits: Fits | None

    @classmethod
    def until(cls, warehouse: Warehouse, day: date) -> "Engines":
        """With the fits up to `day`, those missing made in order."""
        if warehouse.shop.settings.sentiment_engine == "snownlp":
            return cls(warehouse, None, None)
        return cls(warehouse, installed_of(warehouse), replay(warehouse, MODEL, [day]))

    def of(self, day: date) -> Fitted | None:
        """The fit for a review known on `day`."""
        return (self.fits.in_force(day) if self.fits else None) or self.installed

    def scores(self, fitted: Fitted | None) -> "Scores | None":
        if self.warehouse.shop.settings.sentiment_engine == "snownlp":
            from assets.insights.sentiment.methods.snownlp_scores import Snownlp

            return Snownlp()
        return _engine(self.warehouse, fitted) if fitted else None


def is_chinese(warehouse: Warehouse) -> bool:
    return language_of(warehouse.shop.locale) == "zh"


def installed_of(warehouse: Warehouse) -> Fitted | None:
    """The model as installed, fitted once, as of the Monday at or before the shop's start; None where the shop's reviews are in another language."""
    if not is_chinese(warehouse):
        return None
    return replay(warehouse, INSTALLED, [INSTALLED.first_day(warehouse.shop)]).newest


def fit_installed(warehouse: Warehouse, day: date, before: Fitted | None) -> Fitted:
    file = installed_model().save(warehouse.place.models)
    return Fitted(INSTALLED.name, day, METHOD, {"file": file}, Metrics("as installed"), in_force=True)


@cache
def installed_model() -> "Model":
    """Nothing of it depends on the shop: a process that opens several trains it once."""

    from assets.insights.sentiment.methods.installed import corpora, train
    from assets.insights.sentiment.methods.linear import Documents
    from resources.text import normalised, segmented

    texts, labels = corpora()
    normal = [normalised(text) for text in texts]
    with one_thread():
        return train(Documents(normal, segmented(normal)), labels)


def is_due(warehouse: Warehouse, day: date, before: Fitted) -> bool:
    """Whether there are enough more rated reviews than for the fit in force, or that is old."""
    enough = GROWTH * before.parameters["rated_count"]
    return rated_count(warehouse, day) >= enough or day >= before.fitted_as_of + AGE


def fit(warehouse: Warehouse, day: date, before: Fitted | None) -> Fitted:
    """The model of the rated reviews known before `day`. Raises NotEnough while they are few."""
    import numpy as np

    from assets.insights.sentiment.methods.snownlp_scores import scores
    from assets.insights.sentiment.methods.study import FEWEST, NEEDS, fit_on_stars
    from resources.errors import NotEnough
    from resources.text import has_words, is_template, normalised

    rated = rated_count(warehouse, day)
    if rated < FEWEST:
        raise NotEnough(NEEDS, rated)
    rows = rated_reviews(warehouse, day, MOST)
    pairs = [(text, stars) for text, stars in ((normalised(text), stars) for text, stars in rows) if has_words(text)]
    pairs = [(text, stars) for text, stars in pairs if not is_template(text)]
    folder, installed = warehouse.place.models, installed_of(warehouse)
    earlier = before or installed
    compared = is_chinese(warehouse) and warehouse.shop.settings.snownlp_reviews > 0
    with one_thread():
        found = fit_on_stars(
            [text for text, _ in pairs],
            np.array([stars for _, stars in pairs]),
            _model(warehouse, installed.parameters["file"]) if installed else None,
            _engine(warehouse, earlier) if earlier else None,
            scores if compared else None,
        )
    parameters: dict[str, Any] = {"rated_count": rated, "classes": list(found.model.classes)}
    if found.is_accepted:
        parameters["file"] = found.model.save(folder)
        parameters["prior"] = installed.parameters["file"] if installed else None
    own, base = found.holdout[0], found.holdout[1]
    figures = {
        "f1_ahead": round(own["macro_f1"] - base["macro_f1"], 4),
        "neutral_precision": own["neutral_precision"],
        "neutral_recall": own["neutral_recall"],
    }
    metrics = Metrics(found.reason, {"holdout": found.holdout}, found.calibration, figures)
    return Fitted(MODEL.name, day, METHOD, parameters, metrics, found.is_accepted)


def _engine(warehouse: Warehouse, fitted: Fitted) -> "Scores":
    from assets.insights.sentiment.methods.scoring import Engine

    prior = fitted.parameters.get("prior")
    return Engine(_model(warehouse, fitted.parameters["file"]), _model(warehouse, prior) if prior else None)


def _model(warehouse: Warehouse, name: str) -> "Model":
    """The weights of a file, read once a run."""
    from assets.insights.sentiment.methods.linear import Model

    folder: Path = warehouse.place.models
    return warehouse.once(("sentiment weights", name), lambda: Model.load(folder, name))


CODE = code_of(__file__)
MODEL = RoomModel("sentiment", history_days=0, fit=fit, code=CODE, is_due=is_due)
# Its one fit, on the Monday at or before the start, holds for ever: none after it is due.
INSTALLED = RoomModel(
    "sentiment_installed", history_days=-6, fit=fit_installed, code=CODE, begins_at_once=True, is_due=lambda *_: False
)
