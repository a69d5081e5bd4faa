"""The rule by which a fit is put in force, and the small methods beside the models."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from assets.insights.clv.methods import cohort_curve, mbgnbd
from assets.insights.clv.methods.margins import margin_share
from assets.insights.clv.methods.maximum_likelihood import Fit
from assets.insights.clv.methods.study import Choice, choose
from assets.insights.clv.methods.wording import alive_method, purchase_method
from resources.words import Words

FITS = [
    Fit(model, 0.5, 6.0, 0.9, 1.6, -9582.0, "lifetimes", 1, 2357, 946, None, k=k)
    for model, k in (("bgnbd", 1), ("mbgnbd", 1), ("mbgcnbd", 2), ("nbd", 1))
]
FIT = Fit("mbgnbd", 0.5, 6.0, 0.9, 1.6, -9582.0, "lifetimes", 1, 2357, 946, None)


def row(model: str, error: float, level: float, ranking: float, calibration: float) -> dict:
    return {
        "model": model, "rmse": error, "total_bias": level, "normalised_gini": ranking, "calibration_error": calibration
    }  # fmt: skip


def chosen(*rows: dict, **others: list[dict]) -> Choice:
    """What serves; models without a row are as bad as can be."""
    there = {given["model"] for given in rows}
    bad = [row(name, 9, 9, 0.1, 9) for name in ("BG/NBD", "MBG/NBD", "MBG/CNBD-2", "NBD") if name not in there]
    return choose({"purchases": [*rows, *bad], **others}, FITS)


BG = row("BG/NBD", 1.6, -0.10, 0.66, 0.12)
NAIVE = row("naive: own rate", 2.2, 0.56, 0.67, 0.91)


@pytest.mark.parametrize(
    ("challenger", "model"),
    [
        (row("MBG/NBD", 1.5, -0.05, 0.66, 0.12), "mbgnbd"),
        # Better on one figure, or on two with one worse, is not enough; nor is a hair's breadth on all.
        (row("MBG/NBD", 1.5, -0.10, 0.66, 0.12), "bgnbd"),
        (row("MBG/NBD", 1.5, -0.05, 0.60, 0.12), "bgnbd"),
        (row("MBG/NBD", 1.599, -0.0999, 0.6601, 0.1199), "bgnbd"),
    ],
)
def test_a_challenger_takes_the_place_only_with_a_lead(challenger: dict, model: str) -> None:
    choice = chosen(BG, challenger, NAIVE)

    assert choice.fit.model == model
    assert ("takes the place of BG/NBD" in choice.reason) == (model == "mbgnbd")


def test_where_purchases_keep_a_pace_the_model_that_knows_it_takes_the_place() -> None:
    regular = row("MBG/CNBD-2", 1.4, -0.02, 0.70, 0.08)

    assert chosen(BG, regular, NAIVE).fit.model == "mbgcnbd"
    assert "MBG/CNBD-2 takes the place of BG/NBD: better on error" in chosen(BG, regular, NAIVE).reason


def test_where_a_naive_row_does_as_well_the_past_rate_serves_if_it_is_better() -> None:
    """No week goes without figures because a model is no better than an average; what serves is said."""
    better = row("naive: same again", 1.5, -0.05, 0.67, 0.10)
    plain = row("NBD", 1.5, -0.04, 0.67, 0.10)

    choice = chosen(BG, plain, NAIVE, better)
    assert choice.fit.model == "nbd"
    assert "BG/NBD does not beat naive: same again: worse on error, level, ranking, calibration" in choice.reason
    assert "NBD, each customer's own past rate drawn towards the shop's, serves instead: better on" in choice.reason
    choice = chosen(BG, NAIVE, better)
    assert (choice.fit.model, choice.beats_naive) == ("bgnbd", False)
    assert "BG/NBD serves although a naive row would do as well" in choice.reason


def test_what_wins_on_money_is_said_and_changes_nothing() -> None:
    money = [row("BG/NBD x gamma-gamma", 72, -0.15, 0.64, 0.16), row("boosted regression", 60, 0.01, 0.70, 0.10)]
    choice = chosen(BG, NAIVE, money=money)

    assert choice.fit.model == "bgnbd"
    assert "BG/NBD x gamma-gamma does not beat boosted regression: worse on error, level, ranking" in choice.reason


def test_the_cohort_curve_reads_on_what_earlier_customers_brought() -> None:
    """Sixty customers lived through two steps, forty of them through a third: 1, 1/2 and 1/4 purchases a step."""
    ages = np.array([65.0] * 20 + [95.0] * 40)
    by_step = pd.DataFrame({"step": [0, 1, 2], "purchases": [60, 30, 10]})

    young = cohort_curve.expected(by_step, "purchases", ages, 30)
    # Of the third step a sixth is over for the first; the second's next steps are the mean of the last three.
    assert young[0] == pytest.approx(25 / 30 * 0.25 + 5 / 30 * (1 + 0.5 + 0.25) / 3)
    assert young[-1] == pytest.approx((1 + 0.5 + 0.25) / 3)
    assert cohort_curve.expected(by_step, "purchases", ages[:20] / 5, 30) is None


def test_margins_are_drawn_towards_the_shops() -> None:
    share = margin_share([100, 100, np.nan, -20, 1000], [50, 150, np.nan, -5, 600], [1, 1, 1, 1, 1])

    shop = 1 - 795 / 1180
    usual = 1180 / 5
    assert share[0] == pytest.approx((50 + usual * shop) / (100 + usual))
    assert 0 <= share[1] < shop < share[0]
    assert share[2] == share[3] == pytest.approx(shop)
    assert margin_share([100, 0], [np.nan, np.nan], [1, 1]) is None
    assert margin_share([10], [1000], [1])[0] == 0


def test_where_nobody_is_seen_to_leave_silence_stands_in() -> None:
    rows = pd.DataFrame({"frequency": [0, 0, 5, 5], "recency": [0.0, 0, 100, 20], "T": [10.0, 100, 100, 100]})
    limit = replace(FIT, a=0.001, b=1000.0)

    assert mbgnbd.posterior(limit, rows).p_alive.min() > 0.99
    found = mbgnbd.p_alive(limit, rows)
    assert found[0] == pytest.approx((6 / 16) ** 0.5)
    assert found[1] < found[0]
    assert found[2] == mbgnbd.MAX_SILENT
    assert found[3] < 0.02
    assert mbgnbd.p_alive(FIT, rows).tolist() == mbgnbd.posterior(FIT, rows).p_alive.tolist()
    assert "no drop-out can be told" in alive_method(limit, None).en
    assert purchase_method(limit, None, True).zh == "MBG/NBD 模型（历史中看不出流失）"
    assert "a plain average did as well" in purchase_method(FIT, None, False).en
    assert purchase_method(FITS[3], None, False).en.startswith("the own past rate, drawn towards the shop's (NBD)")
    assert alive_method(FIT, None) == Words("MBG/NBD 模型", "MBG/NBD")
