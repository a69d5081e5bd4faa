"""What customers did after a past Monday: only within the window, only what was known when it closed, for the persons of that Monday."""

from datetime import date

import pytest

from assets.features.labels import labelled_customers
from tests.shop_builder import Bench, line

FIRST_WEEK, SECOND_WEEK = date(2024, 1, 8), date(2024, 1, 15)


def labels(bench: Bench, cut_offs: list[date], horizon_days: int, known_before: date) -> dict[tuple[str, str], tuple]:
    with bench.warehouse().opened() as warehouse:
        frame = labelled_customers(warehouse, cut_offs, horizon_days, known_before)
    return {
        (str(row.as_of)[:10], row.person_id): (row.frequency, row.later_purchases, row.later_spend)
        for row in frame.itertuples()
    }


def test_purchases_and_spend_of_the_days_after_each_cut_off(tea_house: Bench) -> None:
    """Anna buys on 9, 13 and 18 January; cara on the 8th, which is the window of the first week and the past of the second."""
    found = labels(tea_house, [FIRST_WEEK, SECOND_WEEK], 7, date(2024, 1, 22))
    assert found == {
        ("2024-01-08", "anna"): (1, 2, 20.0),
        ("2024-01-08", "bob"): (1, 0, 0.0),
        ("2024-01-15", "anna"): (2, 1, 12.0),
        ("2024-01-15", "bob"): (1, 1, 20.0),
        ("2024-01-15", "cara"): (1, 1, 10.0),
    }


def test_what_is_known_later_is_no_label_yet(tea_house: Bench) -> None:
    """Anna's purchase of the 13th was told on the 21st."""
    assert labels(tea_house, [FIRST_WEEK], 7, date(2024, 1, 15))[("2024-01-08", "anna")] == (1, 1, 10.0)


def test_features_do_not_see_the_window(tea_house: Bench, spoilt: Bench) -> None:
    """Whatever is bought within the window, features as of the cut-off stay what they were: only the label moves."""
    spoilt.add("orders", "2024-01-18", line("new", "bob", "2024-01-18 11:00:00", 40, 99))
    assert spoilt.run("raw/orders", "clean/orders", "features/customer_days", first="2024-01-18").success

    def both(bench: Bench) -> tuple[list, list]:
        with bench.warehouse().opened() as warehouse:
            frame = labelled_customers(warehouse, [SECOND_WEEK], 14, date(2024, 1, 29))
        later = ["later_purchases", "later_spend"]
        return frame.drop(columns=later).astype(str).to_numpy().tolist(), frame[later].to_numpy().tolist()

    before, after = both(tea_house), both(spoilt)
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_an_open_window_is_refused(tea_house: Bench) -> None:
    with pytest.raises(ValueError, match="14 days from 2024-01-15 on are not over before 2024-01-22"):
        labels(tea_house, [FIRST_WEEK, SECOND_WEEK], 14, date(2024, 1, 22))
