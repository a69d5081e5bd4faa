"""outreach/winback and insights/uplift on the small demo shop: what is planned, who is left out, and what is learned from what was carried out."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.definitions import build_assets
from resources.calendar import Calendar
from resources.errors import ZhikeError
from resources.shop import load_shop
from tests.insights.demo_bench import ACTIONS, FIRST, LAST, NEWEST, Demo, checks_of
from tests.shop_builder import write_rows, write_store

SOURCES = """sources:
  results:
    - {path: history/results.csv, history: true}
    - {path: "results/{date}.csv", optional: true}
"""
COLUMNS = ("action_id", "customer_id", "outcome", "occurred_at")
NEW = """actions:
  budget: 60
  offers:
    second:
      name: {zh: 新品类推荐, en: the new category}
      kind: message
      goal: cross_sell
      category: CATEGORY
      outcome_days: 84
      cost: 0.1
      capacity: 40
      expected_uplift: 0.05
    first:
      name: {zh: 首单礼, en: the first-order gift}
      kind: coupon
      goal: win_new
      cost: 0.1
      subsidy: 5
      expected_uplift: 0.05
"""
OUTCOMES = ("raw/outcomes", "clean/outcomes")
PLANS = ("outreach/winback", "outreach/not_planned", "insights/uplift")
FIRST_PLAN, THIRD_PLAN = NEWEST - timedelta(days=35), NEWEST - timedelta(days=21)


def rows_of(table: str) -> list[dict[str, str]]:
    """The rows of a table in markdown."""
    head, _, *lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]
    return [dict(zip(head, line, strict=True)) for line in lines]


@dataclass(frozen=True)
class Planned:
    """The demo shop with two actions, and what the checks said of its three planned weeks."""

    demo: Demo
    checks: dict[str, dict[str, dict[str, Any]]]

    def plan(self, week: date) -> list[dict[str, Any]]:
        return self.demo.bench.rows("outreach.winback", f"as_of = '{week}'")


@pytest.fixture(scope="module")
def planned(backfilled: Demo, tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """Three weeks in one range; nothing was carried out."""
    demo = backfilled.copy(tmp_path_factory.mktemp("actions"))
    store = demo.bench.store / "store.yaml"
    text = store.read_text("utf-8").replace("sources:\n", SOURCES, 1)
    store.write_text(text.replace("tables: {", "tables: {outcomes: FROM results, "), "utf-8")
    write_rows(demo.bench.store / "history" / "results.csv", COLUMNS, [])
    demo.run(*OUTCOMES, first=FIRST, last=LAST)
    result = demo.run(*PLANS, first=FIRST_PLAN, last=THIRD_PLAN)
    return Planned(demo, checks_of(result))


def test_a_shop_without_actions_has_no_plan() -> None:
    names = {"/".join(asset.key.path) for asset in build_assets(Calendar.of(load_shop("olist")))}
    assert not names & set(PLANS)


def test_a_plan_keeps_its_limits_and_every_row_says_why(planned: Planned) -> None:
    for week in (FIRST_PLAN, FIRST_PLAN + timedelta(days=7), THIRD_PLAN):
        treated = [row for row in planned.plan(week) if row["arm"] == "treated"]
        assert treated
        assert sum(row["cost"] for row in treated) <= 60
        counts = Counter(row["action"] for row in treated)
        assert counts["message"] <= 40 and counts["coupon"] <= 20
        for row in treated:
            # By hand: (margin - subsidy) x uplift - cost - subsidy x probability to buy anyway.
            cost, subsidy = {"message": (0.1, 0), "coupon": (0.5, 5)}[row["action"]]
            gain = (row["margin_value"] - subsidy) * row["uplift"] - cost - subsidy * row["p_purchase"]
            assert row["gain"] == pytest.approx(gain, abs=0.001)
            assert row["expires_on"] == week + timedelta(days=14)
            assert row["action_zh"] in row["why_zh"] and row["action_en"] in row["why_en"]
            assert "同意接收营销信息" in row["rule_zh"]


def test_only_who_agreed_and_nobody_twice_within_the_days_of_rest(planned: Planned) -> None:
    first, second, third = (planned.plan(FIRST_PLAN + timedelta(days=7 * n)) for n in range(3))
    for rows in (first, second, third):
        assert len({row["person_id"] for row in rows}) == len(rows)
    people = [{row["person_id"] for row in rows} for rows in (first, second, third)]
    assert not people[0] & people[1] and not people[1] & people[2]
    # The week before may be on its way; of the one before that nothing was ever delivered.
    assert people[0] & people[2]
    agreed = set(
        planned.demo.query(
            "SELECT w.as_of, coalesce(i.person_id, c.customer_id) FROM (SELECT DISTINCT as_of FROM outreach.winback) AS w "
            "JOIN clean.customers AS c ON c.known_on < w.as_of AND c.marketing_consent "
            "LEFT JOIN features.identities AS i ON i.as_of = w.as_of AND i.customer_id = c.customer_id"
        )
    )
    assert {(row["as_of"], row["person_id"]) for row in (*first, *second, *third)} <= agreed


def test_an_arm_stays_for_its_season(planned: Planned) -> None:
    arms: dict[tuple[str, str], set[str]] = {}
    for row in planned.plan(FIRST_PLAN) + planned.plan(THIRD_PLAN):
        arms.setdefault((row["person_id"], row["action"]), set()).add(row["arm"])
    assert all(len(found) == 1 for found in arms.values())
    assert {"treated", "held_out"} == set.union(*arms.values())


def test_the_counts_before_anything_goes_out_add_up(planned: Planned) -> None:
    shown = planned.checks["outreach/winback"]["the_plan_keeps_within_its_budget"]["metadata"]
    (reach,) = rows_of(shown["reach"])
    out = ("refused", "no_consent", "contacted_lately", "held_out")
    assert int(reach["chosen"]) == sum(int(reach[name]) for name in (*out, "may_be_reached"))
    held = sum(row["arm"] == "held_out" for row in planned.plan(THIRD_PLAN))
    assert int(reach["held_out"]) == held and int(reach["no_consent"]) > 0
    assert int(reach["planned"]) == len(planned.plan(THIRD_PLAN)) - held
    assert f"{int(reach['chosen']):,} customers are worth an action" in shown["in_english"]
    assert "名额" in shown["in_chinese"] and shown["share_of_bound"] > 0.98


def test_what_was_not_carried_out_says_nothing(planned: Planned) -> None:
    rows = planned.demo.week("uplift", THIRD_PLAN)
    assert [(row["action"], row["treated_count"], row["effect"]) for row in rows] == [
        ("coupon", 0, None),
        ("message", 0, None),
    ]
    assert all(row["verdict_en"].startswith("no result yet") and row["next_holdout_share"] == 0.5 for row in rows)


def test_what_was_carried_out_is_counted_and_the_next_plan_uses_it(planned: Planned, tmp_path: Path) -> None:
    demo = planned.demo.copy(tmp_path / "later")
    sent = [row for row in planned.plan(FIRST_PLAN) if row["action"] == "message"]
    told = [
        {
            "action_id": row["action_id"],
            "customer_id": row["person_id"],
            "outcome": "delivered",
            "occurred_at": f"{FIRST_PLAN} 10:00:00",
        }
        for row in sent
        if row["arm"] == "treated"
    ]
    write_rows(demo.bench.store / "history" / "results.csv", COLUMNS, told)
    demo.run(*OUTCOMES, first=FIRST, last=FIRST)
    week = THIRD_PLAN + timedelta(days=7)
    demo.run(*PLANS, first=week, last=week)
    bought = {
        person
        for (person,) in demo.query(
            "SELECT DISTINCT coalesce(i.person_id, d.customer_id) FROM features.customer_days AS d LEFT JOIN features.identities AS i "
            f"ON i.as_of = '{week}' AND i.customer_id = d.customer_id WHERE d.line_count > 0 AND d.active_on >= '{FIRST_PLAN}' "
            f"AND d.active_on < DATE '{FIRST_PLAN}' + 14"
        )
    }
    again = {row["person_id"] for row in demo.bench.rows("outreach.winback", f"as_of = '{week}'")}
    assert again and not again & {row["person_id"] for row in sent}
    measured = [row for row in sent if row["is_measured"]]
    treated = [row["person_id"] in bought for row in measured if row["arm"] == "treated"]
    control = [row["person_id"] in bought for row in measured if row["arm"] == "held_out"]
    whole = next(row for row in demo.week("uplift", week) if row["action"] == "message" and row["segment_id"] is None)
    assert (whole["week_count"], whole["treated_count"], whole["control_count"]) == (1, len(treated), len(control))
    assert whole["treated_rate"] == pytest.approx(sum(treated) / len(treated), abs=1e-6)
    assert whole["control_rate"] == pytest.approx(sum(control) / len(control), abs=1e-6)
    assert whole["effect_low"] < whole["effect"] < whole["effect_high"]
    assert "95 % interval" in whole["verdict_en"] and "95% 区间" in whole["verdict_zh"]
    # The margin a person, returns netted: what they paid less the goods.
    assert whole["margin_effect_low"] < whole["margin_effect"] < whole["margin_effect_high"]
    assert "margin a person CNY" in whole["verdict_en"] and "每人毛利变化" in whole["verdict_zh"]
    # Two arms of fewer than 200: nobody is ranked, and it is said why.
    assert not whole["is_ranked"] and whole["ranking_en"].startswith(
        "planned by segments: to rank people by uplift takes two campaigns"
    )
    # What was thought before, .05 give or take as much, and the result, each by how sure it is.
    error = (whole["effect_high"] - whole["effect_low"]) / (2 * 1.959964)
    ours, theirs = 1 / 0.05**2, 1 / error**2
    assert whole["expected_uplift"] == pytest.approx(
        (0.05 * ours + whole["effect"] * theirs) / (ours + theirs), abs=1e-4
    )
    believed = {
        row["segment_id"]: row["expected_uplift"] for row in demo.week("uplift", week) if row["action"] == "message"
    }
    for row in demo.bench.rows("outreach.winback", f"as_of = '{week}' AND action = 'message'"):
        capped = min(believed.get(row["segment_id"], believed[None]), 1 - row["p_purchase"])
        assert row["uplift"] == pytest.approx(max(capped, -row["p_purchase"]), abs=2e-6)
    other = next(row for row in demo.week("uplift", week) if row["action"] == "coupon")
    assert other["treated_count"] == 0


def test_what_sells_something_new_is_planned_for_those_it_is_about(backfilled: Demo, tmp_path: Path) -> None:
    demo = backfilled.copy(tmp_path / "new")
    (category,) = demo.query("SELECT category FROM clean.products GROUP BY category ORDER BY count(*) DESC, category")[
        0
    ]
    store = demo.bench.store / "store.yaml"
    text = store.read_text("utf-8")
    store.write_text(text[: text.index("actions:")] + NEW.replace("CATEGORY", category), "utf-8")
    demo.run("outreach/winback", first=NEWEST, last=NEWEST)
    rows = demo.bench.rows("outreach.winback", f"as_of = '{NEWEST}'")
    assert {row["action"] for row in rows} == {"second"}
    assert all(f"没有买过「{category}」" in row["rule_zh"] and 0 < row["p_purchase"] < 1 for row in rows)
    bought = demo.query(
        "SELECT DISTINCT coalesce(i.person_id, o.customer_id) FROM clean.orders AS o "
        f"JOIN clean.products AS p ON p.product_id = o.product_id AND p.category = '{category}' "
        f"LEFT JOIN features.identities AS i ON i.as_of = '{NEWEST}' AND i.customer_id = o.customer_id "
        f"WHERE o.known_on < '{NEWEST}' AND o.quantity > 0 AND o.sign > 0 AND o.cancelled_at IS NULL"
    )
    assert not {row["person_id"] for row in rows} & {person for (person,) in bought}
    ((told,),) = demo.query("SELECT metrics->>'holdout' FROM models.registry WHERE name = 'propensity'")
    assert '"action":"second","model":"logistic"' in told
    # Of 250 customers too few were won anew for that to be learned.
    assert '"action":"first","model":"not enough history' in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ACTIONS.replace("cost: 0.1", "cost: -1"), "actions.offers.message.cost"),
        (ACTIONS.replace("message:\n", "短信:\n"), "is no name of a-z, 0-9 and _"),
        (ACTIONS.replace("least_recency_days: 20", "least_recency_days: 20\n      most_recency_days: 3"), "lies below"),
        (
            ACTIONS.replace("kind: message\n", "kind: message\n      goal: cross_sell\n"),
            "`category` belongs to `goal: cross_sell`",
        ),
        (
            ACTIONS.replace("kind: message\n", "kind: message\n      goal: win_new\n      least_purchases: 2\n"),
            "leave `least_purchases` out",
        ),
        (ACTIONS.split("  offers:")[0] + "  offers: {}\n", "there is none"),
    ],
)
def test_an_action_that_does_not_hold_together_is_told(dailies: Demo, tmp_path: Path, text: str, said: str) -> None:
    write_store(tmp_path / "shop", (dailies.bench.store / "store.yaml").read_text("utf-8").replace(ACTIONS, text))
    with pytest.raises(ZhikeError, match=re.escape(said)):
        load_shop(str(tmp_path / "shop"))
