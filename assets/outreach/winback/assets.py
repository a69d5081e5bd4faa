"""outreach/winback: the week's plan of actions, and who is left out of it. It plans rows and sends nothing."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from assets.features.reads import consents_as_of
from assets.features.tables import CUSTOMER_DAYS, CUSTOMERS
from assets.insights.clv.tables import CLV
from assets.insights.predictions.tables import PREDICTIONS
from assets.insights.segments.tables import SEGMENTS
from assets.insights.uplift.model import personal_of
from assets.insights.uplift.reads import READS, carried_out, results
from assets.outreach.winback.model import propensities, with_category
from assets.outreach.winback.tables import NOT_PLANNED, WINBACK
from assets.weekly import code_of
from data_checks import winback as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Rows, Work
from resources.calendar import Calendar
from resources.code import sql_files
from resources.contract import CONTRACT
from resources.evidence import Evidence

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from assets.outreach.winback.methods.offers import Offer, Week

SQL = sql_files(__file__)


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    """Absent where the shop declares no actions."""
    shop = calendar.shop
    if shop.actions is None:
        return []
    contract = ("orders", "events", "products", "customers", "consents", "outcomes")
    told = [CONTRACT[name].clean for name in contract if name in shop.tables]
    reads = [CUSTOMERS, PREDICTIONS, CLV, SEGMENTS, CUSTOMER_DAYS, *told]
    made = [
        (WINBACK, plan_rows, reads, checks.winback(shop.actions, shop)),
        (NOT_PLANNED, not_planned_rows, [WINBACK, *reads], checks.not_planned()),
    ]
    code = [*code_of(__file__), "assets/insights/uplift"]
    return [
        gated_asset(table, rows, calendar=calendar, reads=read, suite=suite, kinds={"python"}, code=code)
        for table, rows, read, suite in made
    ]


def plan_rows(work: Work) -> Rows:
    """The plans of the weeks asked for, in their order: each rests on the arms of the weeks before it, and on what came of them."""
    import pandas as pd

    shop = work.warehouse.shop
    assert shop.actions
    given = work.warehouse.select(
        f"SELECT {', '.join(READS)} FROM winback WHERE NOT list_contains($weeks, as_of) ORDER BY as_of, person_id",
        {"winback": WINBACK},
        {"weeks": list(work.keys)},
    )
    given["as_of"] = pd.to_datetime(given["as_of"])
    frames: list[pd.DataFrame] = []
    plots: dict[str, dict[str, float]] = {}
    evidence: dict[str, Evidence] = {}
    for week in sorted(work.keys):
        made = _plan(work, week, given[given["as_of"] < pd.Timestamp(week)])
        if made is None:
            continue
        frames.append(made.rows)
        drawn = made.rows[list(READS)].assign(as_of=pd.Timestamp(week))
        given = pd.concat([given, drawn], ignore_index=True) if len(given) else drawn
        evidence = {checks.WITHIN_BUDGET: _evidence(work, made)}
        plots[week.isoformat()] = {"expected_gain": round(made.plan.gain, 2), "planned_count": made.counts["planned"]}
    filled = [frame for frame in frames if len(frame)]
    return Rows(pd.concat(filled, ignore_index=True) if filled else "", evidence=evidence, plots=plots)


def not_planned_rows(work: Work) -> Rows:
    """Of each week who is worth an action and is not in its plan."""
    import pandas as pd

    from assets.outreach.winback.methods.offers import not_planned

    actions = work.warehouse.shop.actions
    assert actions
    plans = {"winback": WINBACK}
    frames: list[pd.DataFrame] = []
    for week in work.keys:
        query = f"SELECT {', '.join(READS)} FROM winback WHERE as_of {{}} $week ORDER BY as_of, person_id"
        given, there = (work.warehouse.select(query.format(sign), plans, {"week": week}) for sign in ("<", "="))
        given["as_of"] = pd.to_datetime(given["as_of"])
        asked = _asked(work, week, given)
        if asked:
            customers, offers, rested = asked
            frames.append(not_planned(customers, offers, actions, week, rested, there["person_id"].tolist()))
    filled = [frame for frame in frames if len(frame)]
    return Rows(pd.concat(filled, ignore_index=True) if filled else "")


def _plan(work: Work, week: date, given: "pd.DataFrame") -> "Week | None":
    """The plan of a week; None where there are no predictions to plan by."""
    from assets.outreach.winback.methods.offers import planned
    from assets.outreach.winback.methods.wording import why

    shop = work.warehouse.shop
    asked = _asked(work, week, given)
    if asked is None:
        return None
    assert shop.actions
    customers, offers, rested = asked
    made = planned(customers, offers, shop.actions, week, rested)
    said = why(made.rows, shop.currency)
    made.rows["why_zh"], made.rows["why_en"] = [text.zh for text in said], [text.en for text in said]
    return made


def _asked(
    work: Work, week: date, given: "pd.DataFrame"
) -> "tuple[pd.DataFrame, list[Offer], np.ndarray[tuple[int], np.dtype[np.bool_]]] | None":
    """What a plan is made of: the buyers, the actions with what is known of them, and who was not addressed lately; `given` are the plans before it."""
    from assets.insights.uplift.methods.holdout import first_arms
    from assets.outreach.winback.methods.offers import Offer

    warehouse, actions = work.warehouse, work.warehouse.shop.actions
    assert actions
    inputs = consents_as_of(warehouse, [week], is_published=True)
    people = warehouse.select("SELECT customer_id, person_id FROM merged ORDER BY customer_id", inputs)
    has_new = any(action.goal == "win_new" for action in actions.offers.values())
    tables = {"buyers": CUSTOMERS, "predictions": PREDICTIONS, "clv": CLV, "segments": SEGMENTS}
    customers = warehouse.select(SQL("candidates"), inputs | tables, {"week": week, "with_visitors": has_new})
    if customers.empty:
        return None
    found, personal = results(warehouse, week, given), personal_of(warehouse, week, given)
    person_of = dict(zip(people["customer_id"], people["person_id"], strict=True))
    likely = propensities(warehouse, week)
    season = given[given["season"] == actions.season_of(week)]
    offers: list[Offer] = []
    for name, action in actions.offers.items():
        mine = season[season["action"] == name]
        drawn = list(zip(mine["person_id"], mine["arm"], mine["holdout_share"], strict=True))
        of_category = with_category(warehouse, customers[["person_id"]], week, action, is_published=True)
        aim = (likely.get(name), of_category.drop(columns="person_id") if action.category else None)
        offers.append(Offer(name, action, found[name], *first_arms(drawn, person_of), personal.get(name), *aim))
    return customers, offers, _rested(work, customers, given, week, person_of)


def _rested(
    work: Work, customers: "pd.DataFrame", given: "pd.DataFrame", week: date, person_of: dict[str, str]
) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Whom nobody addressed within the days of rest, by weeks that were carried out, and last week's, which may be on its way. Who was
    held out rests as well, as those do they are compared with. Where a shop tells no outcomes, every planned week counts."""
    import pandas as pd

    shop = work.warehouse.shop
    assert shop.actions
    lately = given[given["as_of"] > pd.Timestamp(week - timedelta(days=shop.actions.rest_days))]
    if "outcomes" in shop.tables and len(lately):
        done = carried_out(work.warehouse, week, lately)
        weeks = set(zip(done["action"], pd.to_datetime(done["as_of"]), strict=True))
        last = pd.Timestamp(week - timedelta(days=7))
        counts = [
            day >= last or (action, day) in weeks for action, day in zip(lately["action"], lately["as_of"], strict=True)
        ]
        lately = lately[counts]
    addressed = {person_of.get(person, person) for person in lately["person_id"]}
    return ~customers["person_id"].isin(addressed).to_numpy()


def _evidence(work: Work, made: "Week") -> Evidence:
    """The plan's figures, and the same in words, before anything goes out."""
    from assets.outreach.winback.methods.wording import UNKNOWN, plan_in_words

    shop, plan = work.warehouse.shop, made.plan
    assert shop.actions
    offers: Sequence[tuple[str, object]] = list(shop.actions.offers.items())
    said = plan_in_words(
        plan, made.counts, list(shop.actions.offers.values()), shop.currency, shop.actions.budget is not None
    )
    said += [UNKNOWN.format(action=action.name) for action in made.unknown]
    figures = {
        "expected_gain": round(plan.gain, 2),
        "expected_cost": round(plan.spent, 2),
        "bound": round(plan.bound, 2),
        "share_of_bound": round(plan.share_of_bound, 6),
        "one_more_of_budget_brings": round(plan.budget_price, 4),
    }
    places = [
        {"action": name, "planned": int((plan.action == number).sum()), "held_out": int((plan.control == number).sum()),
         "left_out_as_driven_away": made.driven_away[name],
         "one_more_place_brings": round(float(plan.place_prices[number]), 4)}
        for number, (name, _) in enumerate(offers)
    ]  # fmt: skip
    return Evidence(
        figures=figures
        | {"in_chinese": "\n".join(text.zh for text in said), "in_english": "\n".join(text.en for text in said)},
        tables={"reach": [dict(made.counts)], "actions": places},
    )
