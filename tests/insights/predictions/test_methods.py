"""Horizon, expected spend, drift and reasons."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from assets.features.tables import CUSTOMERS
from assets.insights.predictions.methods import wording
from assets.insights.predictions.methods.drift import reference, shifts
from assets.insights.predictions.methods.features import AGES, OPINIONS, OTHERS, WINDOW_DAYS, caps, inputs
from assets.insights.predictions.methods.horizon import horizon_days
from assets.insights.predictions.methods.purchase import at, bought
from assets.insights.predictions.methods.reasons import _fact, reasons, worded
from assets.insights.predictions.methods.spend import fit_spend, judged_spend, load_spend, study_spend
from assets.insights.sentiment.tables import CUSTOMER_OPINIONS
from resources.learning.model import Model, NotEnough, fit
from resources.words import Words
from tests.insights.predictions.made import CUT_OFFS, HORIZON_DAYS, labelled

NAMES = ["recency_days", "frequency", "t_days", "spend", "monetary_value", "gap_mean_days", "region"]
CAPS = caps(120)


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    return labelled()


@pytest.fixture(scope="module")
def model(customers: pd.DataFrame) -> Model:
    return fit("logistic", customers, bought(customers), NAMES, caps=CAPS)


def gaps(*days: int) -> tuple[np.ndarray, np.ndarray]:
    values, counts = np.unique(days, return_counts=True)
    return values, counts


def test_the_horizon_lies_between_the_80_and_90_percent_gap_in_whole_weeks() -> None:
    assert horizon_days(*gaps(*range(1, 101))) == 84
    assert horizon_days(*gaps(*([1] * 100))) == 28
    assert horizon_days(*gaps(*([900] * 100))) == 182


def test_a_horizon_in_force_is_kept_while_it_fits() -> None:
    assert horizon_days(*gaps(*range(1, 101)), before=91) == 84
    assert horizon_days(*gaps(*range(1, 111)), before=91) == 91
    assert horizon_days(*gaps(*range(1, 301)), before=91) == 182


def test_without_repeat_purchases_there_is_no_horizon() -> None:
    with pytest.raises(NotEnough, match="needs 50 repeat purchases, has 0"):
        horizon_days(*gaps())


def expected(customers: pd.DataFrame, **changes: object) -> tuple[float, float]:
    """Expected and realised total of the last window, at the level of the one before."""
    customers = customers.assign(**changes)
    past, later = at(customers, CUT_OFFS[:-1]), at(customers, CUT_OFFS[-1:])
    level = at(customers, CUT_OFFS[-2:-1])
    p = {len(part): np.full(len(part), bought(part).mean()) for part in (level, later)}
    spend = fit_spend(past, level, p[len(level)], HORIZON_DAYS, NAMES, CAPS)
    return float(spend.expected(p[len(later)], later).sum()), float(later["later_spend"].sum())


def test_expected_spend_has_the_level_of_the_newest_window(customers: pd.DataFrame) -> None:
    total, realised = expected(customers)
    assert total == pytest.approx(realised, rel=0.15)


def test_one_giant_order_is_not_everybodys_level(customers: pd.DataFrame) -> None:
    usual, _ = expected(customers)
    giant = customers["later_spend"].copy()
    giant.iloc[int(np.flatnonzero(giant > 0)[3])] = 1e9
    total, _ = expected(customers, later_spend=giant)
    assert total < 2 * usual


def test_zero_and_negative_money_is_scored_and_never_negative(customers: pd.DataFrame) -> None:
    rng = np.random.default_rng(3)
    money = customers["later_spend"].where(rng.random(len(customers)) > 0.1, -20.0)
    spend = customers["spend"].where(rng.random(len(customers)) > 0.1, -500.0)
    strange = customers.assign(later_spend=money, spend=spend, monetary_value=spend / customers["frequency"])
    for basis in ("ridge", "own mean purchase", "spend"):
        level = at(strange, CUT_OFFS[-1:])
        fitted = fit_spend(strange, level, np.full(len(level), 0.4), HORIZON_DAYS, NAMES, CAPS, basis)
        found = fitted.expected(np.full(len(level), 0.4), level)
        assert np.isfinite(found).all() and (found >= 0).all()
    with pytest.raises(NotEnough, match="purchases with a price"):
        fit_spend(strange.assign(later_spend=0.0), level, np.full(len(level), 0.4), HORIZON_DAYS, NAMES, CAPS)
    with pytest.raises(NotEnough, match="more was paid than paid back"):
        fit_spend(strange, level.assign(later_spend=-1.0), np.full(len(level), 0.4), HORIZON_DAYS, NAMES, CAPS)


def test_spend_is_judged_beside_naive_rows_and_comes_back_from_its_parameters(
    customers: pd.DataFrame, tmp_path
) -> None:
    past, level, later = at(customers, CUT_OFFS[:-1]), at(customers, CUT_OFFS[-2:-1]), at(customers, CUT_OFFS[-1:])
    p = np.full(len(later), 0.5)
    _, rows = study_spend(past, level, p, later, p, HORIZON_DAYS, NAMES, CAPS)
    assert [row["model"] for row in rows] == ["ridge", "own mean purchase", "spend", "spend_90d"]
    fitted = fit_spend(past, level, p, HORIZON_DAYS, NAMES, CAPS)
    back = load_spend(fitted.parameters(tmp_path), tmp_path)
    assert np.array_equal(back.expected(p, later), fitted.expected(p, later))
    actual = np.array([0.0, 10.0, 30.0])
    assert judged_spend(actual, actual * 1.5) == {
        "bias": 0.5, "mae": 6.6667, "rmse": 9.1287, "spearman": 1.0, "top_tenth_share": 0.75
    }  # fmt: skip


def test_past_spend_is_used_where_it_errs_less_than_the_regression(customers: pd.DataFrame) -> None:
    """A shop in which everybody spends a third of what he spent so far, whatever else he did."""
    steady = customers.assign(later_spend=customers["spend"].clip(lower=0) / 3)
    past, level, later = at(steady, CUT_OFFS[:-1]), at(steady, CUT_OFFS[-2:-1]), at(steady, CUT_OFFS[-1:])
    p = np.full(len(later), 0.5)
    basis, rows = study_spend(past, level, p, later, p, HORIZON_DAYS, NAMES, CAPS)
    assert basis == "spend"
    assert [row["model"] for row in rows if row["is_used"]] == ["spend"]
    fitted = fit_spend(past, level, p, HORIZON_DAYS, NAMES, CAPS, basis)
    assert fitted.expected(p, later).sum() == pytest.approx(later["later_spend"].sum(), rel=0.2)


def test_drift_sees_a_shift_and_does_not_cry_wolf_over_age(customers: pd.DataFrame, model: Model) -> None:
    fitted = reference(model, customers)

    def psi(frame: pd.DataFrame) -> dict[str, float]:
        return dict(shifts(model, fitted, frame, model.predict(frame)).itertuples(index=False, name=None))

    same = psi(customers.sample(frac=0.5, random_state=1))
    assert set(same) == {*model.features, "score"}
    assert max(same.values()) < 0.05
    # All older by the same year: beyond the cap nothing has moved.
    old = customers[customers["t_days"] > 120]
    fitted = reference(model, old)
    assert psi(old.assign(t_days=old["t_days"] + 365))["t_days"] == pytest.approx(0)
    moved = psi(old.assign(spend=old["spend"] * 20, region="south"))
    assert moved["spend"] > 0.25 and moved["region"] > 0.25
    assert moved["frequency"] == pytest.approx(0)


def test_every_input_has_words_in_both_languages() -> None:
    names = {*AGES, *OTHERS, *WINDOW_DAYS, *OPINIONS}
    assert names == set(wording.WORDINGS)
    assert names <= {column.name for table in (CUSTOMERS, CUSTOMER_OPINIONS) for column in table.columns}
    for each in wording.WORDINGS.values():
        for zh, en in (each.much, each.little, *([each.zero] if each.zero else [])):
            assert any("\u4e00" <= sign <= "\u9fff" for sign in zh)
            assert not any("\u4e00" <= sign <= "\u9fff" for sign in en)
            assert ("{v}" in zh) == ("{v}" in en)


def test_reasons_say_what_is_true_of_the_customer(model: Model, customers: pd.DataFrame) -> None:
    usual = customers.iloc[[0]].assign(recency_days=40, frequency=2, t_days=100, spend=120, monetary_value=60)
    lapsed = usual.assign(recency_days=120, frequency=1, gap_mean_days=np.nan)
    eager = usual.assign(recency_days=1, frequency=14, spend=900)
    found = reasons(model, pd.concat([lapsed, eager], ignore_index=True))
    assert "已 120 天没有下单" in found[0].zh and "no order for 120 days" in found[0].en
    assert "先后 14 天下过单" in found[1].zh and "ordered on 14 days so far" in found[1].en
    assert "ordered just 1 day ago" in found[1].en
    for zh, en in found:
        assert 1 <= len(zh.split("；")) == len(en.split("; ")) <= 3


def test_no_reason_runs_against_its_plain_sense(model: Model, customers: pd.DataFrame) -> None:
    """Nobody is expected back because they have been away for long."""
    given = model.contributions(customers)[:, model.features.index("recency_days")]
    for (zh, _), contribution, days in zip(reasons(model, customers), given, customers["recency_days"], strict=True):
        if f"已 {days:.0f} 天没有下单" in zh:
            assert contribution < 0
        if f"{days:.0f} 天前刚下过单" in zh:
            assert contribution > 0


def said_of(model: Model, *, currency: str | None = "CNY", may_be_personal: bool = False, **customer: Any) -> list[str]:
    """The reasons of one customer, without their arrows."""
    usual = {"recency_days": 40, "frequency": 2, "t_days": 100, "spend": 120.0, "monetary_value": 60.0}
    frame = pd.DataFrame([usual | customer])
    frame = frame.reindex(columns=[*dict.fromkeys([*model.features, *frame])])
    (found,) = reasons(model, frame, currency=currency, may_be_personal=may_be_personal)
    assert all(part[:2] in ("↑ ", "↓ ") for part in (*found.zh.split("；"), *found.en.split("; ")))
    return [part[2:] for part in found.zh.split("；")]


@pytest.mark.parametrize(("days", "said"), [(14, "14 天前刚下过单"), (15, "15 天前下过单")])
def test_just_is_said_within_two_weeks_only(model: Model, days: int, said: str) -> None:
    assert said in said_of(model, recency_days=days, frequency=14)


def test_money_has_its_unit(model: Model) -> None:
    assert worded("spend", True, 1477.4, "CNY") == Words("累计消费 1,477 元", "spent CNY 1,477 so far")
    assert worded("spend", False, 9.5, "GBP") == Words("累计消费仅 9.50 英镑", "spent only GBP 9.50 so far")
    assert worded("return_share", True, 0.14, "CNY").zh == "退货率 14%（按件数）"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(("recency_days", 120), ("purchases_90d", 0), id="silent for longer than the window"),
        pytest.param(("recency_days", 120), ("spend_90d", 0), id="spent nothing since"),
        pytest.param(("recency_days", 120), ("visit_recency_days", 120), id="the last visit was the order"),
        pytest.param(("frequency", 1), ("gap_mean_days", None), id="ordered once"),
        pytest.param(("spend", 300.0), ("spend_365d", 300.0), id="all of it this year"),
    ],
)
def test_a_fact_is_one_whichever_inputs_tell_it(one: tuple[str, Any], other: tuple[str, Any]) -> None:
    told = [_fact(name, value, 120, worded(name, True, value, "CNY")) for name, value in (one, other)]
    assert told[0] == told[1]


def test_age_gender_and_occupation_are_reasons_only_where_the_shop_allows_it(customers: pd.DataFrame) -> None:
    rng = np.random.default_rng(3)
    gender = pd.Series(rng.choice(["male", "female"], len(customers)))
    frame = customers.assign(gender=gender)
    labels = (gender == "female").to_numpy(float)
    model = fit("logistic", frame, labels, ["gender", "recency_days"])
    (silent,) = reasons(model, frame.head(1))
    (told,) = reasons(model, frame.head(1), may_be_personal=True)
    assert "性客户" not in silent.zh
    assert ("男性客户复购较少" in told.zh) or ("女性客户复购较多" in told.zh)


def test_inputs_come_from_the_columns_a_shop_has() -> None:
    bare = [column.name for column in CUSTOMERS.columns if not column.needs and not column.money]
    assert not {"view_count_30d", "region", "spend"} & set(inputs(bare, 400))
    assert "view_count_30d" in inputs([column.name for column in CUSTOMERS.columns], 400)
