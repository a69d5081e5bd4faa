"""outreach/audiences on the small demo shop: who is on a list by each thing that it can say, since when, who of them may be reached, and the counts."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from assets.insights.customer_360.tables import card_of, tables_with_a_card
from pipelines.definitions import build_assets
from resources.audiences import require_condition
from resources.calendar import Calendar
from resources.errors import ZhikeError
from resources.shop import load_shop
from tests.insights.conftest import backfilled, dailies, demo_source  # noqa: F401
from tests.insights.demo_bench import NEWEST, Demo, checks_of
from tests.insights.uplift.test_assets import rows_of

BEFORE = NEWEST - timedelta(days=7)
# Each list by what it says, and by hand the same as a condition.
LISTS = {
    "risky": ("risk: {least: 0.3, most: 0.9}", "p_churn >= 0.3 AND p_churn <= 0.9"),
    "worth": ("value: {least: 100}", "clv_12m >= 100"),
    "due": ("next_order_within_days: 30", "next_order_on >= as_of AND next_order_on <= as_of + 30"),
    "own": ('where: "frequency >= 2 OR p_churn < 0.1"', "frequency >= 2 OR p_churn < 0.1"),
    "both": ('where: "frequency >= 2 OR p_churn < 0.1", risk: {least: 0.3}', "(frequency >= 2 OR p_churn < 0.1) AND p_churn >= 0.3"),
}  # fmt: skip
BEST = "  best: {name: {zh: 最好的, en: The best}, best_share: 0.1}\n"
AUDIENCES = "audiences:\n" + BEST + "".join(
    f"  {name}: {{name: {{zh: {name}, en: {name}}}, {said}}}\n" for name, (said, _) in LISTS.items()
)  # fmt: skip


@pytest.fixture(scope="module")
def listed(
    backfilled: Demo,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Demo, dict[str, dict[str, dict[str, object]]]]:
    """The lists of two weeks beside the plans of all, and what the checks said of the newer one, which was run by itself."""
    demo = backfilled.copy(tmp_path_factory.mktemp("audiences"))
    store = demo.bench.store / "store.yaml"
    store.write_text(store.read_text("utf-8") + AUDIENCES, "utf-8")
    demo.run("outreach/audiences", first=BEFORE, last=BEFORE)
    return demo, checks_of(demo.run("outreach/audiences", first=NEWEST, last=NEWEST))


def members(demo: Demo, name: str, week: date) -> set[str]:
    return {
        row["person_id"] for row in demo.bench.rows("outreach.audiences", f"as_of = '{week}' AND audience = '{name}'")
    }


def test_who_is_on_a_list_is_who_fulfils_all_that_it_says(listed: tuple[Demo, object]) -> None:
    demo, _ = listed
    for name, (_, condition) in LISTS.items():
        for week in (BEFORE, NEWEST):
            rows = demo.query(f"SELECT person_id FROM insights.customer_360 WHERE as_of = '{week}' AND ({condition})")
            assert members(demo, name, week) == {person for (person,) in rows} != set(), name
    worth = demo.query(
        f"SELECT person_id, clv_12m FROM insights.customer_360 WHERE as_of = '{NEWEST}' AND clv_12m IS NOT NULL"
    )
    (total,) = demo.query(f"SELECT count(*) FROM insights.customer_360 WHERE as_of = '{NEWEST}'")[0]
    best = sorted(worth, key=lambda row: (-row[1], row[0]))[: -(-total // 10)]
    assert members(demo, "best", NEWEST) == {person for person, _ in best}


def test_since_when_somebody_is_on_a_list_is_told(listed: tuple[Demo, object]) -> None:
    demo, _ = listed
    stayed = members(demo, "due", BEFORE) & members(demo, "due", NEWEST)
    came = members(demo, "due", NEWEST) - members(demo, "due", BEFORE)
    since = {
        row["person_id"]: row["entered_on"]
        for row in demo.bench.rows("outreach.audiences", f"as_of = '{NEWEST}' AND audience = 'due'")
    }
    assert stayed and came
    assert since == dict.fromkeys(stayed, BEFORE) | dict.fromkeys(came, NEWEST)


def test_each_member_may_be_reached_or_has_the_reason_why_not(listed: tuple[Demo, object]) -> None:
    demo, _ = listed
    reach = {
        row["person_id"]: row["reach"]
        for row in demo.bench.rows("outreach.audiences", f"as_of = '{NEWEST}' AND audience = 'own'")
    }
    planned = demo.bench.rows("outreach.winback", f"as_of <= '{NEWEST}'")
    held = {row["person_id"] for row in planned if row["arm"] == "held_out" and row["season"] == "2026-Q1"}
    rested = NEWEST - timedelta(days=28)
    treated = {row["person_id"] for row in planned if row["arm"] == "treated" and row["as_of"] > rested}
    agreed = {
        person
        for (person,) in demo.query(
            "SELECT coalesce(i.person_id, c.customer_id) FROM (SELECT customer_id, arg_max(marketing_consent, known_on) AS agrees FROM clean.customers "
            f"WHERE known_on < '{NEWEST}' GROUP BY customer_id) AS c "
            f"LEFT JOIN features.identities AS i ON i.as_of = '{NEWEST}' AND i.customer_id = c.customer_id GROUP BY 1 HAVING bool_and(c.agrees)"
        )
    }
    expected = {
        person: "no_consent" if person not in agreed else "held_out" if person in held else "contacted_lately" if person in treated else "may_be_reached"
        for person in reach
    }  # fmt: skip
    assert reach == expected
    assert set(reach.values()) == {"no_consent", "held_out", "contacted_lately", "may_be_reached"}


def test_the_counts_stand_beside_the_check_before_anything_goes_out(
    listed: tuple[Demo, dict[str, dict[str, dict[str, object]]]],
) -> None:
    demo, checks = listed
    shown = checks["outreach/audiences"]["nobody_may_be_reached_without_consent"]["metadata"]
    assert isinstance(shown, dict)
    lines = {line["audience"]: line for line in rows_of(shown["reach"])}
    assert set(lines) == {"best", *LISTS}
    for name, line in lines.items():
        out = ("may_be_reached", "refused", "no_consent", "held_out", "contacted_lately")
        assert int(line["chosen"]) == sum(int(line[reason]) for reason in out) == len(members(demo, name, NEWEST))


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("p_churn > 0.5; DROP TABLE x", "syntax error"),
        ("(SELECT count(*) FROM customer_360) > 1", "subquery"),
        ("read_text('/etc/passwd') = ''", r"calls read_text\(\)"),
        ("person_id = 'anna'", "not found"),
        ("count(*) > 1", "count_star"),
        ("row_number() OVER () = 1", "window"),
        ("true), false) OR coalesce((true", "more than a condition"),
        ("current_date > as_of", "no column"),
        ("CAST(customer_360 AS VARCHAR) LIKE '%c1%'", "no column"),
        ("rowid < 9", "no column"),
        (f"{'abs(' * 900}p_churn{')' * 900} > 1", "too deep"),
        ("p_churn > ?", "parameter"),
        ("", "syntax error"),
    ],
)
def test_a_condition_is_one_expression_over_what_is_known_of_a_customer(condition: str, said: str) -> None:
    columns = tuple((column.name, column.type) for column in card_of(tables_with_a_card()).columns)
    with pytest.raises(ZhikeError, match=said):
        require_condition("odd", condition, columns)
    require_condition("fine", "p_churn > 0.5 AND category LIKE '%茶%' -- tea", columns)


def test_a_shop_whose_cards_lack_what_a_list_asks_for_is_told_when_it_loads(backfilled: Demo, tmp_path: Path) -> None:  # noqa: F811
    shop = load_shop("taobao")
    asked = {"leaving": load_shop(str(_store(tmp_path, backfilled))).audiences["worth"]}
    with pytest.raises(ZhikeError, match="audience leaving needs clv_12m"):
        build_assets(Calendar.of(shop.model_copy(update={"audiences": asked})))


def _store(folder: Path, demo: Demo) -> Path:
    text = (demo.bench.store / "store.yaml").read_text("utf-8")
    (folder / "store.yaml").write_text(text + AUDIENCES, "utf-8")
    return folder
