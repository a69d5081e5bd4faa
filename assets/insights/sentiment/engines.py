"""Which engine scores a review: the newest model of the shop's own in force when it was known, before that the one as
installed (for Chinese shops), or snownlp where the shop asks for it."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resources.registry import Fitted, fit_dates, in_force, replay
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    from assets.insights.sentiment.linear import Model
    from assets.insights.sentiment.scoring import Scores

HERE = Path(__file__).parent
MODEL, INSTALLED = "sentiment", "sentiment_installed"
METHOD = "logistic regression with and without naive-Bayes ratios"
# Reviews that a fit rests on: the newest. A fit is made again when there are half as many more than for the one in force,
# or when that is half a year old.
MOST, GROWTH, AGE = 40_000, 1.5, timedelta(days=182)


@dataclass(frozen=True)
class Engines:
    """The engines of a shop up to a day."""

    warehouse: Warehouse
    installed: Fitted | None
    fits: list[Fitted]

    @classmethod
    def until(cls, warehouse: Warehouse, day: date) -> "Engines":
        """With the monthly fits up to `day`, those missing made in order."""
        shop, connection = warehouse.shop, warehouse.connection
        if shop.settings.sentiment_engine == "snownlp":
            return cls(warehouse, None, [])
        _forget_lost(warehouse)
        installed = None
        if is_chinese(warehouse):
            installed = replay(connection, INSTALLED, [shop.start], partial(_fit_installed, warehouse))[-1]
        fits = replay(connection, MODEL, fit_dates(shop.start, day), partial(_fit_on_stars, warehouse, installed))
        return cls(warehouse, installed, fits)

    def of(self, day: date) -> Fitted | None:
        """The fit for a review known on `day`."""
        return in_force(self.fits, day) or self.installed

    def engine(self, fitted: Fitted | None) -> "Scores | None":
        if self.warehouse.shop.settings.sentiment_engine == "snownlp":
            from assets.insights.sentiment.snownlp_scores import Snownlp

            return Snownlp()
        return _engine(self.warehouse, fitted) if fitted else None


def is_chinese(warehouse: Warehouse) -> bool:
    return warehouse.shop.locale.lower().startswith("zh")


def _fit_installed(warehouse: Warehouse, day: date, before: Fitted | None) -> Fitted:
    model = installed_model()
    return Fitted(INSTALLED, day, METHOD, {"file": model.save(warehouse.place.models)}, {}, True)


@cache
def installed_model() -> "Model":
    """Nothing of it depends on the shop: a process that opens several trains it once."""
    from threadpoolctl import threadpool_limits

    from assets.insights.sentiment.installed import corpora, train
    from assets.insights.sentiment.linear import Documents
    from resources.text import normalised, segmented

    texts, labels = corpora()
    normal = [normalised(text) for text in texts]
    with threadpool_limits(1):
        return train(Documents(normal, segmented(normal)), labels)


def _fit_on_stars(warehouse: Warehouse, installed: Fitted | None, day: date, before: Fitted | None) -> Fitted | None:
    """The model of the rated reviews known before `day`; None while they are few, or while the one in force is new enough."""
    import numpy as np
    from threadpoolctl import threadpool_limits

    from assets.insights.sentiment.fitting import FEWEST, NotEnough, fit_on_stars
    from assets.insights.sentiment.snownlp_scores import scores
    from resources.text import has_words, is_template, normalised

    sql = (HERE / "rated.sql").read_text(encoding="utf-8")
    rated = warehouse.connection.execute(f"SELECT count(*) FROM ({sql})", {"day": day, "most": 10**12}).fetchall()[0][0]
    if rated < FEWEST or (
        before and rated < GROWTH * before.parameters["rated_count"] and day < before.fitted_as_of + AGE
    ):
        return None
    rows = warehouse.connection.execute(sql, {"day": day, "most": MOST}).fetchall()[::-1]
    pairs = [(text, stars) for text, stars in ((normalised(text), stars) for text, stars in rows) if has_words(text)]
    pairs = [(text, stars) for text, stars in pairs if not is_template(text)]
    earlier = before or installed
    compared = is_chinese(warehouse) and warehouse.shop.settings.snownlp_reviews > 0
    try:
        with threadpool_limits(1):
            fit = fit_on_stars(
                [text for text, _ in pairs],
                np.array([stars for _, stars in pairs]),
                _model(warehouse.place.models, installed.parameters["file"]) if installed else None,
                _engine(warehouse, earlier) if earlier else None,
                scores if compared else None,
            )
    except NotEnough:
        return None
    parameters: dict[str, Any] = {"rated_count": rated, "classes": list(fit.model.classes)}
    if fit.is_accepted:
        parameters["file"] = fit.model.save(warehouse.place.models)
        parameters["prior"] = installed.parameters["file"] if installed else None
    own, base = fit.holdout[0], fit.holdout[1]
    metrics = {
        "reason": fit.reason,
        "holdout": fit.holdout,
        "calibration": fit.calibration,
        "neutral_precision": own["neutral_precision"],
        "neutral_recall": own["neutral_recall"],
        "f1_ahead": round(own["macro_f1"] - base["macro_f1"], 4),
    }
    return Fitted(MODEL, day, METHOD, parameters, metrics, fit.is_accepted)


def _forget_lost(warehouse: Warehouse) -> None:
    """Fits whose file is gone (a warehouse moved without its models) are made again."""
    warehouse.connection.execute(
        "UPDATE models.registry SET is_stale = true WHERE name IN ($own, $installed) AND in_force "
        "AND NOT list_contains($there, json_extract_string(parameters, '$.file'))",
        {
            "own": MODEL,
            "installed": INSTALLED,
            "there": [path.name for path in warehouse.place.models.glob("*.npz")],
        },
    )


def _engine(warehouse: Warehouse, fitted: Fitted) -> "Scores":
    from assets.insights.sentiment.scoring import Engine

    folder, prior = warehouse.place.models, fitted.parameters.get("prior")
    return Engine(_model(folder, fitted.parameters["file"]), _model(folder, prior) if prior else None)


@lru_cache(maxsize=3)
def _model(folder: Path, name: str) -> "Model":
    from assets.insights.sentiment.linear import Model

    return Model.load(folder, name)
