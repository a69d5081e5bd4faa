"""The RFM tables of a small shop: every buyer in a class that is true of them, adding up from table to table."""

import json
from datetime import date, timedelta

import pytest

from tests.insights.demo_bench import NEWEST, WEEKS, Demo


def test_every_buyer_of_every_week_has_a_class_and_a_group(backfilled: Demo) -> None:
    buyers = "SELECT as_of, person_id FROM features.customers WHERE frequency > 0 ORDER BY ALL"
    assert backfilled.query("SELECT as_of, person_id FROM insights.rfm ORDER BY ALL") == backfilled.query(buyers)
    assert len(backfilled.query("SELECT DISTINCT class_zh FROM insights.rfm")) == 8


def test_a_class_is_true_of_each_of_its_customers(backfilled: Demo) -> None:
    ((parameters,),) = backfilled.query(
        f"SELECT parameters FROM models.registry WHERE name = 'rfm' AND fitted_as_of = "
        f"(SELECT any_value(fitted_as_of) FROM insights.rfm WHERE as_of = '{NEWEST}')"
    )
    cut = json.loads(parameters)
    rows = backfilled.query(
        "SELECT group_en, recency_days, frequency, CAST(spend AS DOUBLE) FROM insights.rfm JOIN features.customers "
        f"USING (as_of, person_id) WHERE as_of = '{NEWEST}'"
    )
    champions = [row for row in rows if row[0] == "Champions"]
    assert champions
    for _, recency, frequency, spend in champions:
        assert recency <= cut["recency_days"][0]
        assert frequency > cut["frequency"][2]
        assert spend > cut["spend"][2]
    assert all(
        frequency == 1 and recency <= cut["recency_days"][1]
        for group, recency, frequency, _ in rows
        if group == "New customers"
    )
    assert all(recency > cut["recency_days"][3] for group, recency, _, _ in rows if group == "Lost")


def test_profiles_add_up_to_the_classes_and_groups(backfilled: Demo) -> None:
    for kind in ("class", "group"):
        counted = f"SELECT as_of, {kind}_en, count(*) FROM insights.rfm GROUP BY ALL ORDER BY ALL"
        profiles = f"SELECT as_of, name_en, customer_count FROM insights.rfm_profiles WHERE kind = '{kind}' AND customer_count > 0 ORDER BY ALL"
        assert backfilled.query(profiles) == backfilled.query(counted)
    spend = "SELECT as_of, sum(spend) FROM {} GROUP BY as_of ORDER BY as_of"
    everybody = backfilled.query(spend.format("features.customers WHERE frequency > 0"))
    assert backfilled.query(spend.format("insights.rfm_profiles WHERE kind = 'group'")) == everybody


@pytest.mark.parametrize("week", WEEKS[-2:])
def test_moves_add_up_to_the_groups_of_both_weeks(backfilled: Demo, week: date) -> None:
    def counted(day: date) -> dict[str, int]:
        return dict(backfilled.query(f"SELECT group_en, count(*) FROM insights.rfm WHERE as_of = '{day}' GROUP BY ALL"))

    def moved(side: str) -> dict[str, int]:
        return dict(
            backfilled.query(
                f"SELECT {side}, CAST(sum(customer_count) AS BIGINT) FROM insights.rfm_moves "
                f"WHERE as_of = '{week}' AND kind = 'group' AND {side} IS NOT NULL GROUP BY ALL"
            )
        )

    assert moved("to_en") == counted(week)
    assert moved("from_en") == counted(week - timedelta(days=7))
