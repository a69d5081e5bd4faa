"""Segments of shops whose groups are planted, so that what should be found is known."""

import json

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from assets.features.methods.cut_points import CutPoints
from assets.insights.segments.methods import clusters
from assets.insights.segments.methods.clusters import Fit, assign
from assets.insights.segments.methods.selection import Settings
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


def fit(frame: pd.DataFrame, **options) -> Fit:
    """A fit of a shop whose customers have hardly come back: recency is cut at days usual in retail."""
    nothing = np.array([], int)
    return clusters.fit(frame, CutPoints.of(frame, nothing, nothing), **options)


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    return shop()


@pytest.fixture(scope="module")
def fitted(customers) -> Fit:
    return fit(customers)


@pytest.mark.parametrize("planted", [4, 5])
def test_planted_groups_are_found(planted):
    groups = dict(list(GROUPS.items())[:planted])
    frame = shop(groups)
    segments = assign(fit(frame), frame)["segment_id"]
    assert segments.nunique() == planted
    assert (segments.groupby(frame["planted"]).nunique() == 1).all()


def test_four_segments_are_found_where_three_groups_were_planted_and_none_holds_two_of_them():
    frame = shop(dict(list(GROUPS.items())[:3]))
    segments = assign(fit(frame), frame)["segment_id"]
    assert segments.nunique() == 4
    assert (frame["planted"].groupby(segments).nunique() == 1).all()


def test_names_say_what_was_planted_in_both_languages(customers, fitted):
    assigned = assign(fitted, customers)
    names = assigned[["segment_zh", "segment_en"]].groupby(customers["planted"]).first()
    assert names.loc["champions"].tolist() == [
        "近期活跃、高频、高消费客户",
        "Recent, frequent, high-spending customers",
    ]
    assert names.loc["lapsed", "segment_zh"].startswith("沉睡")
    assert names["segment_zh"].is_unique


def test_who_does_not_fit_the_name_is_called_at_the_edge(customers, fitted):
    assigned = assign(fitted, customers)
    assert assigned.groupby("segment_id")["is_typical"].mean().min() >= 0.8
    typical, edge = assigned[assigned["is_typical"]], assigned[~assigned["is_typical"]]
    assert (typical["label_zh"] == typical["segment_zh"]).all()
    silent = customers[customers["planted"] == "champions"].head(1).assign(recency_days=100)
    (called,) = assign(fitted, silent).to_dict("records")
    assert called["label_en"] == f"At the edge of: {called['segment_en']}"
    assert edge["label_zh"].str.startswith("接近“").all()


def test_a_shop_gets_four_segments_as_soon_as_they_can_be_found_again_however_many_customers_that_relabels(customers):
    few = fit(customers, settings=Settings(k_max=3))
    assert few.figures["k"] == 3
    more = fit(customers, previous=few, settings=Settings(max_relabelled=0.01))
    assert more.accepted
    assert len(more.centroids) >= 4
    assert more.reason.endswith("which does not hold from 3 segments to enough to act on")


def test_segments_in_use_are_not_given_up_for_too_few(customers, fitted):
    fewer = fit(customers, previous=fitted, settings=Settings(k_max=3, max_relabelled=1.0))
    assert not fewer.accepted
    assert fewer.reason.endswith("too few to act on, so those in force stay")


def test_the_k_whose_segments_differ_most_in_the_next_period_is_taken(customers):
    """What comes after follows the planted groups alone, of which there are five."""
    buys = {"champions": 1.0, "newcomers": 0.2, "dormant_big": 0.6, "lapsed": 0.0, "middle": 0.4}
    share = customers["planted"].map(buys)
    later = customers.assign(
        later_purchases=(np.arange(len(customers)) % 10 < share * 10).astype(int), later_spend=share * 1_000
    )
    found = fit(customers, later=later)
    assert found.figures["k"] == 5
    assert found.reason.startswith("5 segments: of the k with stability")
    told = {row["k"]: row["next_period"] for row in found.tables["candidates"]}
    assert told[5] == max(told.values()) > told[4] > told[3]


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
    assert measures(fitted)["spend"] == "dropped: not in the frame"
    assert assigned["segment_zh"][frame["planted"] == "lapsed"].unique().tolist() == ["沉睡、低频客户"]


def test_net_refunders_and_missing_spend_are_assigned(customers, fitted):
    odd = customers.head(2).assign(spend=[-500.0, np.nan])
    assigned = assign(fitted, odd)
    assert assigned["segment_id"].isin(fitted.segment_ids).all()
    assert np.isfinite(assigned["distance"]).all()


def test_further_measures_are_dropped_with_a_reason(customers):
    rng = np.random.default_rng(2)
    frame = customers.assign(
        gap_mean_days=np.where(customers["frequency"] > 3, 20.0, np.nan) + rng.normal(size=len(customers)),
        items_a_purchase=customers["spend"] * 2 + 1,
        return_share=0.0,
        category_count=rng.integers(1, 200, len(customers)),
    )
    fitted = fit(frame)
    reasons = measures(fitted)
    assert fitted.features == ("recency_days", "frequency", "spend")
    assert "missing for" in reasons["gap_mean_days"]
    assert "rank correlation" in reasons["items_a_purchase"]
    assert reasons["return_share"] == "dropped: constant"
    assert "stability" in reasons["category_count"]


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
