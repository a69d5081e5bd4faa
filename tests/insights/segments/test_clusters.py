"""Segments of shops whose groups are planted, so that what should be found is known."""

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from assets.insights.segments.methods.clusters import Fit, assign, fit
from resources.errors import NotEnough

# Typical recency, frequency and spend of each planted group.
GROUPS = {
    "champions": (5, 40, 20_000),
    "newcomers": (4, 2, 60),
    "dormant_big": (300, 30, 9_000),
    "lapsed": (320, 2, 40),
    "middle": (60, 8, 700),
}


def shop(groups=GROUPS, each=160, seed=0, spread=0.15) -> pd.DataFrame:
    """Customers in shuffled groups; the group of each stands in `planted`."""
    rng = np.random.default_rng(seed)
    parts = [
        pd.DataFrame(
            {
                "planted": name,
                "recency_days": np.round(recency * rng.lognormal(0, spread, each)).astype(int),
                "frequency": np.maximum(1, np.round(frequency * rng.lognormal(0, spread, each))).astype(int),
                "spend": spend * rng.lognormal(0, spread, each),
            }
        )
        for name, (recency, frequency, spend) in groups.items()
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame.insert(0, "person_id", [f"p{i:06d}" for i in rng.permutation(len(frame))])
    return frame.sort_values("person_id", ignore_index=True)


def cloud(n: int) -> pd.DataFrame:
    """Customers without any groups."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "person_id": [f"p{i:04d}" for i in range(n)],
            "recency_days": np.exp(rng.normal(5, 0.6, n)).astype(int),
            "frequency": np.exp(rng.normal(4, 0.6, n)).astype(int) + 1,
            "spend": np.exp(rng.normal(7, 1, n)),
        }
    )


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    return shop()


@pytest.fixture(scope="module")
def fitted(customers) -> Fit:
    return fit(customers)


@pytest.mark.parametrize("planted", [3, 4, 5])
def test_planted_groups_are_found(planted):
    groups = dict(list(GROUPS.items())[:planted])
    frame = shop(groups)
    segments = assign(fit(frame), frame)["segment_id"]
    assert segments.nunique() == planted
    assert (segments.groupby(frame["planted"]).nunique() == 1).all()


def test_names_say_what_was_planted_in_both_languages(customers, fitted):
    assigned = assign(fitted, customers)
    names = assigned[["segment_zh", "segment_en"]].groupby(customers["planted"]).first()
    assert names.loc["champions"].tolist() == ["忠诚高价值客户", "Champions"]
    assert names.loc["newcomers"].tolist() == ["新客户", "New customers"]
    assert names.loc["dormant_big"].tolist() == ["沉睡高价值客户", "Dormant champions"]
    assert names.loc["lapsed"].tolist() == ["流失低价值客户", "Lapsed low-value customers"]
    assert names["segment_zh"].is_unique


def test_best_customers_are_segment_one(customers, fitted):
    assert (assign(fitted, customers)["segment_id"][customers["planted"] == "champions"] == 1).all()


def test_rows_in_another_order_give_the_same_fit(customers, fitted):
    shuffled = fit(customers.sample(frac=1, random_state=3))
    assert shuffled.parameters() == fitted.parameters()
    assert (shuffled.figures, shuffled.tables) == (fitted.figures, fitted.tables)


def test_a_stored_fit_predicts_the_same_to_the_bit(customers, fitted):
    restored = Fit.from_parameters(json.loads(json.dumps(fitted.parameters())))
    later = shop(seed=9, spread=0.6)
    assert_frame_equal(assign(restored, later), assign(fitted, later), check_exact=True)
    assert restored.parameters() == fitted.parameters()


def test_a_customer_is_assigned_alike_alone_and_in_a_crowd(customers, fitted):
    crowd = assign(fitted, customers)
    alone = pd.concat([assign(fitted, customers.iloc[[i]]) for i in range(20)], ignore_index=True)
    assert_frame_equal(alone, crowd.head(20), check_exact=True)


def test_nobody_to_assign_gives_an_empty_frame_of_the_same_columns(customers, fitted):
    nobody = assign(fitted, customers.head(0))
    assert nobody.empty
    assert nobody.dtypes.to_dict() == assign(fitted, customers).dtypes.to_dict()


def measures(fitted: Fit) -> dict[str, str]:
    """Why each measure was kept or dropped."""
    return {row["measure"]: row["reason"] for row in fitted.tables["measures"]}


def test_metrics_are_json_and_carry_the_choice_and_its_challengers(fitted):
    tables = json.loads(json.dumps(dict(fitted.tables), allow_nan=False))
    figures = json.loads(json.dumps(dict(fitted.figures), allow_nan=False))
    assert [row["k"] for row in tables["candidates"]] == [3, 4, 5, 6, 7, 8]
    assert [row["model"] for row in tables["challengers"]] == ["kmeans", "ward", "gaussian_mixture"]
    # On groups this far apart, every method must find the same.
    assert all(row["agreement_with_kmeans"] > 0.99 for row in tables["challengers"])
    assert figures["k"] == 5
    assert not figures["is_fallback"]
    assert figures["explained_spend"] > 0.9


def test_numbers_survive_a_refit(customers, fitted):
    # The middle group has become the best; everybody else is where they were.
    later = customers.copy()
    risen = later["planted"] == "middle"
    later.loc[risen, "frequency"] *= 2
    later.loc[risen, "spend"] *= 3
    refit = fit(later, previous=fitted, seed=7)
    before, after = assign(fitted, customers)["segment_id"], assign(refit, later)["segment_id"]
    assert refit.accepted
    assert (before == after)[~risen].all()
    assert refit.figures["relabelled_share"] < 0.01


def test_a_group_that_appears_gets_a_number_never_used(fitted):
    retired = Fit.from_parameters(fitted.parameters() | {"highest_id": 11})
    grown = {**GROUPS, "gift_buyers": (25, 2, 30_000)}
    # Twice the customers of the fit in force: k is chosen anew.
    later = shop(grown, each=320)
    refit = fit(later, previous=retired)
    numbers = assign(refit, later)["segment_id"].groupby(later["planted"]).first()
    assert refit.accepted
    assert numbers["gift_buyers"] == 12
    assert sorted(numbers.drop("gift_buyers")) == [1, 2, 3, 4, 5]


def test_a_refit_that_would_relabel_most_customers_is_refused(customers, fitted):
    other = shop({"a": (1, 3, 1_500), "b": (25, 60, 400), "c": (700, 3, 90_000), "d": (150, 60, 90_000)}, each=200)
    refit = fit(other, previous=fitted)
    assert not refit.accepted
    assert refit.figures["relabelled_share"] > 0.35
    assert "above the limit of 35%" in refit.reason


def test_a_fit_whose_measures_are_gone_is_replaced_under_new_numbers(customers, fitted):
    refit = fit(customers.drop(columns="spend"), previous=fitted)
    assert refit.accepted
    assert refit.segment_ids.min() > fitted.segment_ids.max()


def test_few_whales_do_not_make_a_segment_of_their_own(customers):
    whales = shop({"whales": (2, 300, 50_000_000)}, each=2, seed=5).assign(person_id=["w1", "w2"])
    frame = pd.concat([customers, whales], ignore_index=True)
    fitted = fit(frame)
    assigned = assign(fitted, frame)
    assert assigned["segment_id"].value_counts(normalize=True).min() >= 0.03
    assert set(assigned["segment_id"].tail(2)) == set(assigned["segment_id"][frame["planted"] == "champions"])


def test_a_shop_without_prices_has_segments_by_recency_and_frequency(customers):
    frame = customers.drop(columns="spend")
    fitted = fit(frame)
    assigned = assign(fitted, frame)
    assert fitted.features == ("recency_days", "frequency")
    assert "m_score" not in assigned
    assert measures(fitted)["spend"] == "dropped: not in the frame"
    assert assigned["segment_zh"][frame["planted"] == "lapsed"].unique().tolist() == ["流失客户"]


def test_net_refunders_and_missing_spend_are_assigned(customers, fitted):
    odd = customers.head(2).assign(spend=[-500.0, np.nan])
    assigned = assign(fitted, odd)
    assert assigned["segment_id"].isin(fitted.segment_ids).all()
    assert assigned["m_score"].tolist() == [1, 1]
    assert np.isfinite(assigned["distance"]).all()


def test_further_measures_are_dropped_with_a_reason(customers):
    rng = np.random.default_rng(2)
    frame = customers.assign(
        gap_mean_days=np.where(customers["frequency"] > 3, 20.0, np.nan) + rng.normal(size=len(customers)),
        items_a_purchase=customers["spend"] * 2 + 1,
        return_share=0.0,
        category_count=rng.integers(1, 200, len(customers)),
        t_days=400,
    )
    fitted = fit(frame)
    reasons = measures(fitted)
    assert fitted.features == ("recency_days", "frequency", "spend")
    assert "missing for" in reasons["gap_mean_days"]
    assert "rank correlation" in reasons["items_a_purchase"]
    assert reasons["return_share"] == "dropped: constant"
    assert "stability" in reasons["category_count"]
    assert "grows with the shop's history" in reasons["t_days"]


def test_a_measure_that_makes_the_groups_clearer_is_kept():
    # Two clear groups by recency; which further cut is found depends on the resample, until the third measure makes it.
    rng = np.random.default_rng(0)
    n = 400
    frame = pd.DataFrame(
        {
            "person_id": [f"p{i:04d}" for i in range(n)],
            "recency_days": np.exp(rng.choice([2.5, 5.5], n) + rng.normal(0, 0.4, n)).astype(int),
            "frequency": 1,
            "category_count": rng.choice([1, 30], n),
        }
    )
    fitted = fit(frame)
    assert fitted.features == ("recency_days", "category_count")
    assert measures(fitted)["category_count"].startswith("kept: at k = 4 stability 0.8")
    assert measures(fitted)["frequency"] == "dropped: constant"


def test_recent_seldom_buyers_with_old_accounts_are_not_called_new(customers):
    old = (customers["planted"] == "newcomers") | (customers["recency_days"] > 100)
    frame = customers.assign(t_days=np.where(old, 900, 30))
    assigned = assign(fit(frame), frame)
    assert assigned["segment_en"][frame["planted"] == "newcomers"].unique().tolist() == ["Recent occasional buyers"]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (shop(each=9), "not enough history: needs 50 customers, has 45"),
        (
            shop(each=20).assign(recency_days=3, frequency=1, spend=9.9),
            "not enough history: needs 3 customers who differ in recency, frequency or spend, has 1",
        ),
    ],
)
def test_too_little_history_says_what_it_needs(frame, message):
    with pytest.raises(NotEnough, match=message):
        fit(frame)


def test_where_no_k_is_good_enough_the_fallback_is_marked():
    found = fit(cloud(60))
    assert found.figures["is_fallback"]
    assert found.reason.startswith("3 segments: fallback: no k has")
    assert found.figures["k"] == 3
