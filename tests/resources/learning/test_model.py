"""Learners behind one interface: equal to scikit-learn's, independent of row order, explained, and carried as data."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from threadpoolctl import threadpool_limits

from resources.errors import ZhikeError
from resources.learning.metrics import auc
from resources.learning.model import (
    CLASSIFIERS,
    REGRESSORS,
    Model,
    NotEnough,
    fit,
    load,
    sigmoid_calibration,
)
from resources.learning.trees import TreeSettings, as_trees

FEATURES = ["recency_days", "spend", "region", "is_member", "t_days"]
SMALL = TreeSettings(forest_trees=20, boosting_rounds=30)


def customers(rows: int = 1500, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Who bought lately, spent much and lives in the south buys again."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "person_id": [f"p{n:05}" for n in range(rows)],
            "recency_days": rng.exponential(60, rows).round(),
            "spend": np.where(rng.random(rows) < 0.1, np.nan, rng.lognormal(4, 1.2, rows)),
            "region": rng.choice(["south", "north", "west"], rows, p=[0.5, 0.45, 0.05]),
            "is_member": rng.random(rows) < 0.3,
            "t_days": rng.integers(1, 900, rows),
        }
    )
    log_odds = 1.2 - frame["recency_days"] / 50 + 0.3 * (np.log(frame["spend"].fillna(50)) - 4)
    log_odds += np.where(frame["region"] == "south", 0.8, -0.4)
    return frame, (rng.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(float)


@pytest.fixture(scope="module")
def labelled() -> tuple[pd.DataFrame, np.ndarray]:
    return customers()


@pytest.fixture(scope="module")
def models(labelled: tuple[pd.DataFrame, np.ndarray]) -> dict[str, Model]:
    frame, y = labelled
    return {method: fit(method, frame, y, FEATURES, caps={"t_days": 365}, settings=SMALL) for method in CLASSIFIERS}


@pytest.mark.parametrize("method", CLASSIFIERS)
def test_it_ranks_customers_it_has_not_seen(models: dict[str, Model], method: str) -> None:
    frame, y = customers(seed=2)
    scores = models[method].predict(frame)
    assert ((scores > 0) & (scores < 1)).all()
    assert auc(y, scores) > auc(y, -frame["recency_days"].to_numpy()) + 0.02
    assert scores.mean() == pytest.approx(y.mean(), abs=0.05)


@pytest.mark.parametrize("method", CLASSIFIERS)
def test_the_order_of_the_rows_does_not_matter(
    models: dict[str, Model], labelled: tuple[pd.DataFrame, np.ndarray], method: str
) -> None:
    frame, y = labelled
    order = np.random.default_rng(3).permutation(len(frame))
    again = fit(method, frame.iloc[order], y[order], FEATURES, caps={"t_days": 365}, settings=SMALL)
    assert np.array_equal(again.predict(frame), models[method].predict(frame))


@pytest.mark.parametrize("method", CLASSIFIERS)
def test_a_model_is_data_and_comes_back_as_it_was(
    models: dict[str, Model], labelled: tuple[pd.DataFrame, np.ndarray], method: str, tmp_path: Path
) -> None:
    frame, _ = labelled
    model = models[method].calibrated((1.1, -0.2))
    parameters = json.loads(json.dumps(model.parameters(tmp_path)))
    back = load(parameters, tmp_path)
    assert np.array_equal(back.predict(frame), model.predict(frame))
    assert np.array_equal(back.contributions(frame), model.contributions(frame))
    # The same weights have the same file name wherever they are written.
    assert model.parameters(tmp_path / "other") == parameters
    assert len(list(tmp_path.glob("*.npz"))) == (method in ("forest", "boosting", "blend"))


@pytest.mark.parametrize("method", CLASSIFIERS)
def test_contributions_add_up_to_the_score(
    models: dict[str, Model], labelled: tuple[pd.DataFrame, np.ndarray], method: str
) -> None:
    """For every row the contributions and one number that is the same for all rows give the margin."""
    frame, _ = labelled
    model = models[method]
    margins = model.margins(model.encoding.matrix(frame))
    left = margins - model.contributions(frame).sum(axis=1)
    assert left == pytest.approx(np.full(len(frame), left[0]), abs=1e-9)
    recency = model.contributions(frame)[:, model.features.index("recency_days")]
    lately, long_ago = frame["recency_days"] < 10, frame["recency_days"] > 150
    assert recency[lately].min() > 0 > recency[long_ago].max()


@pytest.mark.parametrize(
    "learner",
    [
        RandomForestClassifier(n_estimators=15, min_samples_leaf=2, random_state=1),
        RandomForestRegressor(n_estimators=15, min_samples_leaf=2, random_state=1),
        HistGradientBoostingClassifier(max_iter=25, random_state=1),
        HistGradientBoostingRegressor(max_iter=25, random_state=1),
    ],
    ids=lambda learner: type(learner).__name__,
)
def test_own_evaluation_of_trees_equals_scikit_learns(learner: object) -> None:
    rng = np.random.default_rng(5)
    x = np.column_stack([rng.normal(size=800), rng.integers(0, 4, 800), rng.exponential(size=800)])
    y = (x[:, 0] + 0.5 * x[:, 1] + rng.normal(size=800) > 1).astype(float)
    with threadpool_limits(1):
        learner.fit(x, y)
    fresh = np.column_stack([rng.normal(size=3000), rng.integers(0, 4, 3000), rng.exponential(size=3000)])
    trees = as_trees(learner)
    if isinstance(learner, HistGradientBoostingClassifier):
        expected = learner.decision_function(fresh)
    elif isinstance(learner, RandomForestClassifier):
        expected = learner.predict_proba(fresh)[:, 1]
    else:
        expected = learner.predict(fresh)
    assert trees.margins(fresh) == pytest.approx(expected, abs=1e-10)
    roots = trees.margins(fresh) - trees.contributions(fresh).sum(axis=1)
    assert roots == pytest.approx(np.full(3000, trees.base + trees.values[trees.roots].sum()), abs=1e-10)


@pytest.mark.parametrize("method", REGRESSORS)
def test_a_number_is_predicted_by_the_same_interface(method: str, labelled: tuple[pd.DataFrame, np.ndarray]) -> None:
    frame, _ = labelled
    value = 3 * np.log1p(frame["recency_days"].to_numpy()) + frame["is_member"].to_numpy()
    predicted = fit(method, frame, value, FEATURES, is_class=False, settings=SMALL).predict(frame)
    assert np.corrcoef(predicted, value)[0, 1] > 0.9


def test_strange_values_are_scored_and_never_become_strange_scores(models: dict[str, Model]) -> None:
    frame, _ = customers(6)
    frame["spend"] = [np.inf, -np.inf, 1e18, -50.0, np.nan, 0.0]
    frame["region"] = ["atlantis", None, "south", "", "west", "north"]
    for model in models.values():
        scores = model.predict(frame)
        assert np.isfinite(scores).all() and ((scores > 0) & (scores < 1)).all()
        assert np.isfinite(model.contributions(frame)).all()
    assert len(models["logistic"].predict(frame.iloc[:0])) == 0


def test_what_grows_with_the_calendar_is_capped(models: dict[str, Model]) -> None:
    frame, _ = customers(50)
    for model in models.values():
        at_cap = model.predict(frame.assign(t_days=365))
        assert np.array_equal(model.predict(frame.assign(t_days=3650)), at_cap)


def test_too_little_to_learn_from_is_said() -> None:
    frame, y = customers(300)
    with pytest.raises(NotEnough, match="needs 20 rows of either outcome, has 7"):
        fit("logistic", frame, np.arange(300) < 7, FEATURES)
    with pytest.raises(NotEnough, match="needs a feature that differs between rows, has none"):
        fit("boosting", frame.assign(spend=1.0), y, ["spend"])


def test_calibration_is_kept_only_where_it_helps_later() -> None:
    rng = np.random.default_rng(8)
    truth = rng.uniform(0.1, 0.9, 4000)
    y = (rng.random(4000) < truth).astype(float)
    too_sure = truth**3 / (truth**3 + (1 - truth) ** 3)
    found = sigmoid_calibration(y[:2000], too_sure[:2000], y[2000:], too_sure[2000:])
    assert found is not None
    assert found[0] == pytest.approx(1 / 3, abs=0.05)
    # The later part is right as it is: a correction learned from another season would spoil it.
    assert sigmoid_calibration(y[:2000], too_sure[:2000], y[2000:], truth[2000:]) is None


def test_weights_that_are_gone_are_named_with_what_to_do(models: dict[str, Model], tmp_path: Path) -> None:
    parameters = models["boosting"].parameters(tmp_path)
    (tmp_path / parameters["learners"][0]["file"]).write_bytes(b"broken")
    with pytest.raises(ZhikeError, match="weights of a model .* cannot be read"):
        load(parameters, tmp_path)
