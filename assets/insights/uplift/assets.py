"""insights/uplift: what each action brought, from the arms that were drawn and who bought after it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import dagster as dg

from assets.features.tables import CUSTOMER_DAYS, CUSTOMERS
from assets.insights.uplift.methods.results import WHOLE, Result
from assets.insights.uplift.model import fits, told_of
from assets.insights.uplift.reads import READS, results
from assets.insights.uplift.tables import UPLIFT
from assets.outreach.winback.tables import WINBACK
from assets.weekly import code_of
from data_checks import uplift as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Rows, Work
from resources.actions import Action
from resources.calendar import Calendar
from resources.contract import CONTRACT
from resources.evidence import Evidence, evidence_of
from resources.words import Words

DECIMALS = 6


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    """Absent where the shop declares no actions."""
    shop = calendar.shop
    if shop.actions is None:
        return []
    told = [CONTRACT[name].clean for name in ("orders", "products", "outcomes") if name in shop.tables]
    return [
        gated_asset(
            UPLIFT,
            uplift_rows,
            calendar=calendar,
            reads=[WINBACK, CUSTOMERS, CUSTOMER_DAYS, *told],
            suite=checks.uplift(),
            kinds={"scikitlearn"},
            code=code_of(__file__),
        )
    ]


def uplift_rows(work: Work) -> Rows:
    """A row an action, and a row a segment of it that has people enough in both arms."""
    import pandas as pd

    warehouse, offers = work.warehouse, work.warehouse.shop.actions
    assert offers
    rows: list[dict[str, Any]] = []
    evidence: dict[str, Evidence] = {}
    for week in work.keys:
        query = f"SELECT {', '.join(READS)} FROM winback WHERE as_of < $week ORDER BY as_of, person_id"
        assigned = warehouse.select(query, {"winback": WINBACK}, {"week": week})
        newest_fit = fits(warehouse, week, assigned).newest
        for name, result in results(warehouse, week, assigned).items():
            rows += _rows(week, name, offers.offers[name], result, told_of(newest_fit, name), warehouse.shop.currency)
        if newest_fit and week == max(work.keys):
            evidence[checks.RANKED] = evidence_of(newest_fit)
    newest = [row for row in rows if row["as_of"] == max(work.keys) and row["segment_id"] is None]
    shown = [{name: row[name] for name in checks.SHOWN} for row in newest]
    if shown:
        evidence[checks.ARMS] = Evidence(tables={"actions": shown})
    return Rows(pd.DataFrame(rows).astype({"segment_id": "Int64"}) if rows else "", evidence=evidence)


def _rows(
    week: date, name: str, action: Action, result: Result, told: Mapping[str, Any], currency: str | None
) -> list[dict[str, Any]]:
    from assets.insights.uplift.methods import results as methods
    from assets.insights.uplift.methods.wording import of_effect, of_margin, of_ranking, verdict

    rows = []
    ranking = of_ranking(told)
    for segment, effect in ((WHOLE, result.whole), *result.segments.items()):
        part = result.rows if segment == WHOLE else result.rows[result.rows["segment_id"] == segment]
        treated = part["arm"].eq(methods.GETS)
        belief, said = (
            result.belief(segment),
            verdict(result) if segment == WHOLE or effect is None else of_effect(effect),
        )
        margin = result.margin if segment == WHOLE else None
        if margin:
            said = Words.join([said, of_margin(margin, currency)])
        figures = {
            "treated_rate": methods.rate(part, True),
            "control_rate": methods.rate(part, False),
            "effect": effect.value if effect else None,
            "effect_low": effect.low if effect else None,
            "effect_high": effect.high if effect else None,
            "margin_effect": margin.value if margin else None,
            "margin_effect_low": margin.low if margin else None,
            "margin_effect_high": margin.high if margin else None,
            "expected_uplift": belief.uplift,
            "expected_uplift_error": belief.error,
            "mismatch_p": result.mismatch_p,
        }
        rows.append(
            {
                "as_of": week,
                "action": name,
                "action_zh": action.name.zh,
                "action_en": action.name.en,
                "segment_id": None if segment == WHOLE else segment,
                "week_count": part["as_of"].nunique(),
                "treated_count": int(treated.sum()),
                "control_count": int((~treated).sum()),
                **{
                    key: None if value is None or value != value else round(value, DECIMALS)
                    for key, value in figures.items()
                },
                "next_holdout_share": result.next_share,
                "is_ranked": told["state"] == "in_force",
                "ranking_zh": ranking.zh,
                "ranking_en": ranking.en,
                "verdict_zh": said.zh,
                "verdict_en": said.en,
            }
        )
    return rows
