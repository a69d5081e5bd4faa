"""What is expected of outreach.alerts."""

from data_checks.gate.expectation import PART, Expectation, no_row
from data_checks.winback import without
from resources.alerting import BY_SCORE, CAUSES
from resources.quoting import literal
from resources.shop import Shop


def alerts(shop: Shop) -> list[Expectation]:
    causes = ", ".join(map(literal, CAUSES))
    by_score = ", ".join(map(literal, BY_SCORE))
    return [
        no_row(
            "every_alert_is_about_somebody_or_something",
            f"cause IS NULL OR cause NOT IN ({causes}) OR (cause IN ('complained', {by_score})) <> (person_id IS NOT NULL) "
            "OR (person_id IS NOT NULL AND product_id IS NOT NULL)",
            "An alert that nobody can place is passed over, and the next one with it.",
        ),
        no_row(
            "every_alert_says_why_in_both_languages",
            "coalesce(cause_zh, '') = '' OR coalesce(cause_en, '') = '' OR coalesce(reasons_zh, '') = '' OR coalesce(reasons_en, '') = ''"
            + (" OR coalesce(stake_zh, '') = '' OR coalesce(stake_en, '') = ''" if shop.has_prices else ""),
            "A warning without a reason in the reader's language is not acted on.",
        ),
        Expectation(
            "alerts_stand_in_order_and_within_their_number",
            "A message names the first ones only: they must be those with the most at stake.",
            f"""
            SELECT part, greatest(max(place) - {shop.alerts.most_a_week}, 0) + count(*) FILTER (WHERE is_wrong) FROM (
                SELECT
                    {PART} AS part, place,
                    place IS DISTINCT FROM row_number() OVER (PARTITION BY as_of ORDER BY urgency DESC, {"at_stake DESC, " if shop.has_prices else ""}place)
                        AS is_wrong
                FROM stage
            ) GROUP BY part
            """,
            at_most=0,
            unit="rows",
        ),
        *(
            [
                no_row(
                    "what_is_at_stake_is_money",
                    "at_stake IS NULL OR NOT isfinite(at_stake) OR at_stake < 0",
                    "Alerts are weighed by it: one that weighs nothing known would stand anywhere.",
                )
            ]
            if shop.has_prices
            else []
        ),
        Expectation(
            "nobody_who_refuses_is_told_of_by_score",
            "Who refused to be treated by personal traits is not to be warned of by what is predicted of them.",
            without(
                shop,
                "personalisation",
                "NOT coalesce(bool_and(is_given), true)",
                f"SELECT as_of, person_id FROM stage WHERE cause IN ({by_score})",
            ),
            at_most=0,
            unit="rows",
        ),
        no_row(
            "every_alert_ends",
            "NOT coalesce(expires_on > as_of, false)",
            "What was true weeks ago is not to be told today.",
        ),
    ]
