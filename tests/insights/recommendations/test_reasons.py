"""Reasons of rows: each names what the score of its source comes from, and says nothing that is not so."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from assets.insights.recommendations.methods import kept
from assets.insights.recommendations.methods.blend import Blend
from assets.insights.recommendations.methods.blended_model import Bounds, Settings
from assets.insights.recommendations.methods.history import Past
from assets.insights.recommendations.methods.lists import Learned, Making, Week, discover
from assets.insights.recommendations.methods.reranking import Rules
from assets.insights.recommendations.methods.sources.content import describe

GOODS = pd.DataFrame(
    [
        ("bowl", "搪瓷碗 Enamel bowl", "kitchen", "Hearth", 20.0),
        ("kettle", "铜壶 Copper kettle", "kitchen", "Ember", 400.0),
        ("lamp", "台灯 Desk lamp", "light", "Lumen", 90.0),
        ("pan", "煎锅 Frying pan", "kitchen", "Hearth", 60.0),
        ("stool", "木凳 Oak stool", None, "Hearth", 3000.0),
        ("torch", "台灯 Desk lamp, small", None, None, 95.0),
    ],
    columns=["product_id", "title", "category", "brand", "price"],
).assign(in_stock=True)
# The lamp goes into every basket with a pan: to the graph it is the best reason for one, to content it is none.
BASKETS = {f"c{n:02d}": ("lamp", "pan") for n in range(30)} | {"me": ("bowl", "lamp")}


def week_of(log: pd.DataFrame) -> Week:
    """A week of these customers and of `me`."""
    products = GOODS["product_id"].to_numpy(dtype=object)
    labels = {"category": GOODS["category"].factorize()[0].astype(np.int64)}
    people = pd.DataFrame({"person_id": sorted({*log["person_id"], "me"})})
    shown = pd.DataFrame(
        columns=["person_id", "product_id", "list", "source", "position", "is_clicked", "is_bought"]
    ).astype({"is_clicked": bool, "is_bought": bool})
    return Week(
        date(2026, 1, 12),
        Past(log, products, describe(GOODS), labels),
        GOODS,
        pd.DataFrame(),
        people,
        people.assign(segment_group=None),
        shown,
    )


def making(settings: Settings, *sources: str) -> Making:
    return Making(settings, dict.fromkeys(sources, 0.1), Rules(a_category=9), 0.0, Bounds())


def listed(log: pd.DataFrame, source: str) -> dict[str, dict[str, object]]:
    """The rows of the customer `me` by product, where all positions draw one source."""
    week, by = week_of(log), making(Settings.default(), source)
    learned = Learned.of(week, by)
    rows = discover(week, by, learned, learned.draw(len(week.people), by.rules.length, (0,))).rows
    return {row["product_id"]: row for row in rows[rows["person_id"] == "me"].to_dict("records")}


def bought(baskets: dict[str, tuple[str, ...]]) -> pd.DataFrame:
    pairs = [(person, product) for person, basket in baskets.items() for product in basket]
    frame = pd.DataFrame(pairs, columns=["person_id", "product_id"])
    return frame.assign(event_type="purchase", event_count=1, age_days=10, span_days=0)


def test_content_names_the_product_most_alike_and_the_graph_the_one_that_goes_with_it() -> None:
    by_content, by_graph = (listed(bought(BASKETS), source)["pan"] for source in ("content", "collaborative"))
    assert by_content["because_of"][0] == "bowl"  # pyright: ignore[reportIndexIssue]
    assert by_content["because_zh"] == "因为您买过「搪瓷碗 Enamel bowl」，两者同类、同品牌"
    assert by_content["because_en"] == "Because you bought “搪瓷碗 Enamel bowl”: same category, same brand"
    assert by_graph["because_of"] == ["lamp"]
    assert by_graph["because_zh"] == "因为您买过「台灯 Desk lamp」"
    assert by_graph["because_en"] == "Because you bought “台灯 Desk lamp”"


@pytest.mark.parametrize(
    ("product", "reason", "zh", "en"),
    [
        ("kettle", "bowl", "两者同类", "same category"),
        ("stool", "bowl", "两者同品牌", "same brand"),
        ("torch", "lamp", "两者名称相近", "similar name"),
    ],
)
def test_content_says_what_the_two_products_have_in_common(product: str, reason: str, zh: str, en: str) -> None:
    row = listed(bought(BASKETS), "content")[product]
    title = GOODS.set_index("product_id")["title"][reason]
    assert row["because_zh"] == f"因为您买过「{title}」，{zh}"
    assert row["because_en"] == f"Because you bought “{title}”: {en}"


def test_what_was_looked_at_is_not_said_to_have_been_bought() -> None:
    log = bought(BASKETS)
    log.loc[(log["person_id"] == "me") & (log["product_id"] == "bowl"), "event_type"] = "view"
    rows = listed(log, "content")
    assert rows["pan"]["because_zh"] == "因为您看过「搪瓷碗 Enamel bowl」，两者同类、同品牌"
    assert rows["pan"]["because_en"] == "Because you looked at “搪瓷碗 Enamel bowl”: same category, same brand"


def test_a_product_is_no_reason_for_itself() -> None:
    """Who did nothing but look at one product may find it in the list, and is told so."""
    log = bought(BASKETS).query("person_id != 'me'")
    row = listed(pd.concat([log, bought({"me": ("stool",)}).assign(event_type="view")], ignore_index=True), "content")
    assert row["stool"]["because_of"] == []
    assert (row["stool"]["because_zh"], row["stool"]["because_en"]) == ("您看过这件商品", "You looked at it")


@pytest.mark.parametrize("source", ["content", "collaborative"])
def test_who_did_nothing_is_not_told_of_what_it_did(source: str) -> None:
    rows = listed(bought(BASKETS).query("person_id != 'me'"), source)
    assert rows
    for row in rows.values():
        assert row["because_of"] == []
        assert (row["because_zh"], row["because_en"]) == ("近期热销", "Selling well these days")


def test_lists_of_one_customer_by_what_was_kept_are_those_that_were_made_with_everybody() -> None:
    families = {
        "item_graph": ("sharp", 1.0),
        "neighbours": ("flat", 0.5),
        "low_rank": ("16", 0.5),
        "taste": ("category", 0.3),
        "content": ("alike", 0.2),
        "interest": ("own", 0.1),
        "popular": ("all", 0.05),
    }
    week = week_of(bought(BASKETS))
    by = making(Settings(Settings.default().weighting, Blend(families, 0.0)), "collaborative", "content", "group")
    learned = Learned.of(week, by)
    gaps = pd.DataFrame({"product_id": ["pan"], "gap_count": [2], "log_gap_sum": [3.5]})
    again = kept.learned_of(kept.parameters(learned), kept.arrays(learned, gaps))
    assert set(again.model.sources) == {f"{family}/{variant}" for family, (variant, _) in families.items()}
    drawn = learned.draw(len(week.people), by.rules.length, (0,))
    whole = discover(week, by, learned, drawn).rows
    mine = (week.people["person_id"] == "me").to_numpy()
    log = week.past.log[week.past.log["person_id"] == "me"].reset_index(drop=True)
    alone = replace(week, past=replace(week.past, log=log), people=week.people[mine], groups=week.groups[mine])
    one = discover(alone, by, again, drawn[mine]).rows
    expected = whole[whole["person_id"] == "me"].reset_index(drop=True)
    assert len(expected) > 3
    pd.testing.assert_frame_equal(one, expected)
    pd.testing.assert_frame_equal(kept.gaps_of(kept.arrays(learned, gaps)), gaps, check_dtype=False)


def test_a_list_drawn_at_random_says_from_how_many_and_stays_new_to_the_customer() -> None:
    log = bought(BASKETS)
    week, by = week_of(log), replace(making(Settings.default(), "collaborative"), random_share=1.0)
    learned = Learned.of(week, by)
    rows = discover(week, by, learned, learned.draw(len(week.people), by.rules.length, (0,))).rows
    mine = rows[rows["person_id"] == "me"]
    assert set(mine["source"]) == {"random"} and not set(mine["product_id"]) & set(BASKETS["me"])
    pool = round(1 / mine["propensity"].iloc[0])
    assert set(mine["list_id"]) == {f"zhike-discover-20260112-random-{pool}"} and pool >= len(mine) > 0
