"""The published figures of CDNOW (Fader, Hardie and Lee 2005; Fader and Hardie 2013), customers of the tenth, weeks 1 to 78."""

import os
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from assets.insights.clv.methods import bgnbd, gamma_gamma, mbgnbd
from benchmarks.clv import judge_log, open_log, summarise

DATA = Path(os.environ.get("ZHIKE_DATA") or Path(__file__).parents[4] / "shared" / "data")
SAMPLE = DATA / "cdnow" / "CDNOW_sample.txt.gz"
PUBLISHED = DATA / "cdnow" / "cdnow_customers_summary_with_transactions.csv.gz"
"""The summary the published figures were fitted to: weeks and money rounded to two decimals."""
CUT_OFF = date(1997, 9, 30)
pytestmark = pytest.mark.skipif(
    not SAMPLE.exists(), reason="CDNOW is not there: set ZHIKE_DATA to the folder of data sets"
)

PURCHASES = {
    "BG/NBD": {"mae": 0.785, "rmse": 1.608, "msle": 0.234, "total_bias": -0.121, "top_decile_share": 0.467, "normalised_gini": 0.6625, "correlation": 0.626},
    "MBG/NBD": {"mae": 0.765, "rmse": 1.607, "msle": 0.231, "total_bias": -0.162, "top_decile_share": 0.475, "normalised_gini": 0.664, "correlation": 0.627},
    "cohort curve": {"rmse": 2.062, "total_bias": -0.182, "normalised_gini": 0.004},
    "naive: own rate": {"mae": 1.024, "rmse": 2.212, "msle": 0.401, "total_bias": 0.557, "top_decile_share": 0.458, "correlation": 0.584},
    "naive: same again": {"mae": 0.897, "rmse": 1.971, "msle": 0.349, "total_bias": 0.306, "correlation": 0.577},
    "naive: same rate for all": {"mae": 1.382, "rmse": 2.104, "msle": 0.578, "total_bias": 0.556, "normalised_gini": 0},
    "naive: nothing": {"mae": 0.798, "total_bias": -1},
}  # fmt: skip
MONEY = {
    "BG/NBD x gamma-gamma": {"mae": 30.408, "rmse": 72.299, "total_bias": -0.156, "top_decile_share": 0.502, "normalised_gini": 0.638, "correlation": 0.565},
    "MBG/NBD x gamma-gamma": {"mae": 29.710, "rmse": 71.946, "total_bias": -0.195, "top_decile_share": 0.502, "normalised_gini": 0.638, "correlation": 0.567},
    "cohort curve": {"rmse": 87.133, "total_bias": -0.299},
    "naive: own rate x own mean": {"mae": 43.309, "rmse": 200.006, "total_bias": 0.612, "correlation": 0.294},
    "naive: past total": {"mae": 61.652, "rmse": 172.070, "total_bias": 1.439, "top_decile_share": 0.481, "normalised_gini": 0.680, "correlation": 0.323},
}  # fmt: skip


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    with open_log(SAMPLE, "cdnow") as log:
        return summarise(log, CUT_OFF, 273, 7)


@pytest.fixture(scope="module")
def figures() -> dict:
    with open_log(SAMPLE, "cdnow") as log:
        return judge_log(log, CUT_OFF, 273)


def test_the_summary_has_the_published_totals(customers: pd.DataFrame) -> None:
    assert (len(customers), customers["frequency"].sum(), (customers["frequency"] > 0).sum()) == (2357, 2457, 946)
    assert customers["later_purchases"].sum() == 1882
    assert customers["later_spend"].sum() == pytest.approx(70_976, abs=1)


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    names = {"x": "frequency", "t_x": "recency", "zbar": "monetary_value"}
    frame = pd.read_csv(PUBLISHED).rename(columns=names)
    repeat = frame["frequency"] > 0
    return frame.assign(
        monetary_value=frame["monetary_value"].where(repeat), spend=frame["monetary_value"] * (frame["frequency"] + 1)
    )


def test_bgnbd_has_the_published_parameters(published: pd.DataFrame) -> None:
    fit = bgnbd.fit(published, days_per_unit=7)

    assert [round(figure, 4) for figure in (fit.r, fit.alpha, fit.a, fit.b)] == [0.2426, 4.4135, 0.7929, 2.4258]
    assert fit.log_likelihood == pytest.approx(-9582.43, abs=0.005)
    assert fit.path == "lifetimes"


def test_the_log_itself_gives_them_but_for_that_rounding(customers: pd.DataFrame) -> None:
    fit, spend = bgnbd.fit(customers, days_per_unit=7), gamma_gamma.fit(customers)

    assert (fit.r, fit.alpha, fit.a, fit.b) == pytest.approx((0.2426, 4.4135, 0.7929, 2.4258), abs=2e-4)
    assert fit.log_likelihood == pytest.approx(-9582.43, abs=0.01)
    assert (spend.p, spend.q, spend.v) == pytest.approx((6.249, 3.745, 15.448), rel=5e-4)
    assert spend.log_likelihood == pytest.approx(-4055.9177, abs=1e-3)


def test_a_customer_of_the_published_spreadsheet(customers: pd.DataFrame) -> None:
    fit = bgnbd.fit(customers, days_per_unit=7)
    customer = pd.DataFrame({"frequency": [2], "recency": [30.43], "T": [38.86]})

    assert bgnbd.expected_purchases(fit, customer, 39)[0] == pytest.approx(1.2259, abs=1e-4)


def test_expectations_are_those_of_lifetimes(customers: pd.DataFrame) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import BetaGeoFitter, ModifiedBetaGeoFitter

    for model, theirs in ((bgnbd, BetaGeoFitter()), (mbgnbd, ModifiedBetaGeoFitter())):
        fit = model.fit(customers, days_per_unit=7)
        theirs.params_ = pd.Series({"r": fit.r, "alpha": fit.alpha, "a": fit.a, "b": fit.b})
        columns = [customers[name] for name in ("frequency", "recency", "T")]
        expected = theirs.conditional_expected_number_of_purchases_up_to_time(39, *columns)
        alive = theirs.conditional_probability_alive(*columns)

        assert model.expected_purchases(fit, customers, 39) == pytest.approx(expected.to_numpy(), rel=1e-9)
        assert model.posterior(fit, customers).p_alive == pytest.approx(alive, rel=1e-12)


def test_gamma_gamma_has_the_published_parameters(published: pd.DataFrame) -> None:
    fit = gamma_gamma.fit(published)

    assert (fit.method, fit.repeat_buyers) == ("gamma-gamma", 946)
    assert [round(figure, 3) for figure in (fit.p, fit.q, fit.v)] == [6.249, 3.745, 15.448]
    assert fit.population_mean == pytest.approx(35.17, abs=0.005)
    assert fit.frequency_correlation == pytest.approx(0.114, abs=1e-3)


@pytest.mark.parametrize(("kind", "expected"), [("purchases", PURCHASES), ("money", MONEY)])
def test_the_hold_out_table(figures: dict, kind: str, expected: dict) -> None:
    rows = {row["model"]: row for row in figures[kind]}

    assert [name for name in rows if not name.startswith("NBD")] == list(expected)
    for name, row in expected.items():
        assert {measure: rows[name][measure] for measure in row} == pytest.approx(row, abs=1e-3), name


def test_expectations_by_frequency_and_over_time(figures: dict) -> None:
    by_frequency = pd.DataFrame(figures["by_frequency"])

    actual = [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359]
    assert by_frequency["actual"].tolist() == pytest.approx(actual, abs=1e-3)
    expected = [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157]
    assert by_frequency["BG/NBD"].tolist() == pytest.approx(expected, abs=1e-3)
    first, last = figures["cumulative"][0], figures["cumulative"][-1]
    assert (first["actual"], last["actual"]) == (2457, 4339)
    assert last["bgnbd"] == pytest.approx(4160.6, abs=0.2)
    assert first["bgnbd"] / first["actual"] - 1 == pytest.approx(0.015, abs=1e-3)


def test_intervals_hold_nearly_what_they_promise(figures: dict) -> None:
    """Most bring nothing, so the lower end is 0 for most, and an interval from one tenth to nine tenths promises 90 %."""
    promised = {(row["model"], row["level"]): row["promised_share"] for row in figures["coverage"]}
    assert promised["BG/NBD", 0.8] == pytest.approx(0.9, abs=0.005)
    # NBD serves only where these do no better than naive rows.
    for row in (row for row in figures["coverage"] if row["model"] != "NBD"):
        assert row["promised_share"] > row["level"]
        assert row["covered_share"] == pytest.approx(row["promised_share"], abs=0.055)


def test_bgnbd_serves(figures: dict) -> None:
    assert figures["served_by"] == "bgnbd"
    assert "BG/NBD beats every naive row on purchases" in figures["reason"]
    assert "does not beat naive: past total" not in figures["reason"]
