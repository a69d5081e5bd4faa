"""A model of a shop's own stars: when there are too few, when it is put in force, and what is kept of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from assets.insights.sentiment.methods.linear import Documents, Model, Sample, fit
from assets.insights.sentiment.methods.scoring import Engine, documents_of
from assets.insights.sentiment.methods.study import FEWEST, Fit, NotEnough, beats, classes_of, fit_on_stars
from tests.insights.sentiment.portuguese import reviews


@pytest.fixture(scope="module")
def learnt() -> Fit:
    return fit_on_stars(*reviews(600, 1))


def test_a_shop_with_stars_in_any_language_gets_a_model_of_three_classes(learnt: Fit) -> None:
    assert learnt.is_accepted
    assert learnt.model.classes == ("negative", "neutral", "positive")
    texts, stars = reviews(300, 2)
    engine = Engine(learnt.model)
    found = engine.labels(documents_of(texts, None), engine.probabilities(documents_of(texts, None)))
    assert (found == np.where(stars <= 2, 0, np.where(stars == 3, 1, 2))).mean() > 0.95


def test_it_is_judged_beside_calling_every_review_what_most_were(learnt: Fit) -> None:
    rows = {row["model"]: row for row in learnt.holdout}
    assert rows["this fit"]["rows"] == rows["all as most were"]["rows"] == 90
    assert rows["this fit"]["macro_f1"] > rows["all as most were"]["macro_f1"]
    assert rows["this fit"]["neutral_precision"] is not None
    assert sum(bin_["count"] for bin_ in learnt.calibration) < 90


def test_stars_that_do_not_go_with_the_words_give_no_model() -> None:
    found = fit_on_stars(*reviews(400, 3, is_noise=True))
    assert not found.is_accepted
    assert found.reason == "no better than calling every review what most were"


def test_a_fit_that_is_no_better_than_the_one_in_force_is_not_put_in_force(learnt: Fit) -> None:
    """The one in force knows the true stars of every review."""
    texts, stars = reviews(400, 4)
    perfect = Oracle(learnt.model, None, dict(zip(texts, stars, strict=True)))
    found = fit_on_stars(texts, stars, before=perfect)
    assert not found.is_accepted
    assert found.reason == "no better than the model in force"
    assert [row["model"] for row in found.holdout] == ["this fit", "all as most were", "in force before"]
    assert found.holdout[2]["macro_f1"] == 1.0


@dataclass(frozen=True)
class Oracle(Engine):
    stars: Mapping[str, int] = field(default_factory=dict)

    def probabilities(self, documents: Documents) -> np.ndarray:
        classes = classes_of(np.array([self.stars[text] for text in documents.texts]))
        return np.eye(3)[classes]

    def labels(self, documents: Documents, probabilities: np.ndarray) -> np.ndarray:
        return probabilities.argmax(axis=1)


@pytest.mark.parametrize(
    ("own", "earlier", "is_better"),
    [
        ((0.80, 0.30), (0.79, 0.31), True),
        ((0.79, 0.30), (0.80, 0.31), True),
        ((0.75, 0.30), (0.80, 0.31), False),
        ((0.81, 0.40), (0.80, 0.31), False),
        ((0.80, 0.31), (0.80, 0.31), False),
    ],
)
def test_better_is_better_by_one_figure_and_not_worse_by_the_other(
    own: tuple[float, float], earlier: tuple[float, float], is_better: bool
) -> None:
    figures = [{"macro_f1": f1, "log_loss": loss} for f1, loss in (own, earlier)]
    assert beats(*figures) == is_better


def test_a_fit_that_ranks_no_better_than_the_other_engine_is_not_put_in_force() -> None:
    texts, stars = reviews(400, 6)
    known = dict(zip(texts, stars, strict=True))
    found = fit_on_stars(texts, stars, other=lambda asked: np.array([known[text] / 5 for text in asked]))
    assert not found.is_accepted
    assert found.reason == "ranks held-out reviews no better than snownlp"


@pytest.mark.parametrize(("texts", "stars"), [reviews(FEWEST - 1, 7), (["muito bom"] * 400, np.full(400, 5))])
def test_too_few_stars_of_a_side_are_told(texts: list[str], stars: np.ndarray) -> None:
    with pytest.raises(NotEnough, match="200 rated reviews"):
        fit_on_stars(texts, stars)


def test_without_three_star_reviews_it_knows_two_classes() -> None:
    texts, stars = reviews(600, 8)
    kept = np.flatnonzero(stars != 3)
    found = fit_on_stars([texts[n] for n in kept], stars[kept])
    assert found.model.classes == ("negative", "positive")
    assert found.is_accepted


def test_a_saved_model_is_the_same_and_named_by_its_content(learnt: Fit, tmp_path: Path) -> None:
    name = learnt.model.save(tmp_path)
    documents = documents_of(reviews(50, 9)[0], None)
    loaded = Model.load(tmp_path, name)
    assert np.array_equal(loaded.probabilities(documents), learnt.model.probabilities(documents))
    assert loaded.save(tmp_path) == name
    assert fit_on_stars(*reviews(600, 1)).model.save(tmp_path) == name
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_probabilities_are_calibrated_on_rows_that_were_held_out() -> None:
    """One label in five is wrong: a model that is sure of itself must not stay so."""
    texts, stars = reviews(3000, 10)
    praise = (stars > 2).astype(int)
    given = np.where(np.random.default_rng(0).random(3000) < 0.2, 1 - praise, praise)
    documents = documents_of(texts, None)
    rows = [np.arange(2000), np.arange(2000, 2500), np.arange(2500, 3000)]
    raw = fit(Sample.of(documents.rows(rows[0])), given[rows[0]], ("negative", "positive"))
    calibrated = raw.calibrated(documents.rows(rows[1]), given[rows[1]])
    loss = {
        name: -np.log(
            np.clip(model.probabilities(documents.rows(rows[2]))[np.arange(500), given[rows[2]]], 1e-9, 1)
        ).mean()
        for name, model in (("raw", raw), ("calibrated", calibrated))
    }
    assert loss["calibrated"] < loss["raw"]
