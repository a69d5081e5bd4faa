"""What is expected of outreach.winback."""

from data_checks.gate.expectation import PART, Expectation, no_row
from resources.actions import Actions
from resources.quoting import literal
from resources.shop import Shop

WITHIN_BUDGET = "the_plan_keeps_within_its_budget"
# Sums of floats that were rounded one by one.
ROUNDING = 0.01

ACCOUNTS = """
    SELECT s.as_of, s.person_id, coalesce(i.customer_id, s.person_id) AS customer_id
    FROM ({who}) AS s LEFT JOIN features.identities AS i ON i.as_of = s.as_of AND i.person_id = s.person_id
"""

# What each account said of a purpose by its attributes, as it turned, and as its decisions: who and from when on it may be used.
ATTRIBUTES = """
    SELECT a.as_of, a.person_id, a.customer_id, c.is_given,
        CASE
            WHEN c.is_given THEN timezone('UTC', CAST(c.known_on AS TIMESTAMPTZ))
            ELSE timezone('UTC', CAST(c.known_on + 1 AS TIMESTAMPTZ)) - INTERVAL 1 MICROSECOND
        END AS decided_at
    FROM accounts AS a JOIN (
        FROM (SELECT customer_id, {given} AS is_given, known_on FROM clean.customers)
        QUALIFY is_given IS DISTINCT FROM lag(is_given) OVER (PARTITION BY customer_id ORDER BY known_on)
    ) AS c ON c.customer_id = a.customer_id AND c.known_on < a.as_of
    QUALIFY row_number() OVER (PARTITION BY a.as_of, a.person_id, a.customer_id ORDER BY c.known_on DESC) = 1
"""
DECISIONS = """
    SELECT a.as_of, a.person_id, a.customer_id, c.is_given, c.decided_at
    FROM accounts AS a JOIN clean.consents AS c ON c.customer_id = a.customer_id AND c.known_on < a.as_of
    WHERE c.purpose = '{purpose}'
    GROUP BY ALL HAVING sum(c.sign) > 0
"""


def without(shop: Shop, purpose: str, refused: str, who: str = "SELECT as_of, person_id FROM stage") -> str:
    """How many persons, by week, there are among `who` (as_of, person_id) of whose accounts' last words on a purpose the condition `refused` holds."""
    given = {"marketing": "marketing_consent", "personalisation": "NOT personalisation_refused"}[purpose]
    told = {"customers": ATTRIBUTES.format(given=given), "consents": DECISIONS.format(purpose=purpose)}
    said = [select for name, select in told.items() if name in shop.tables]
    nothing = "SELECT as_of, person_id, customer_id, CAST(NULL AS BOOLEAN) AS is_given, NULL::TIMESTAMP AS decided_at FROM accounts"
    return f"""
        SELECT CAST(as_of AS VARCHAR), count(*) FROM (
            WITH accounts AS ({ACCOUNTS.format(who=who)})
            SELECT as_of, person_id FROM (
                FROM ({" UNION ALL ".join(f"({select})" for select in [*said, nothing])})
                QUALIFY row_number() OVER (PARTITION BY as_of, person_id, customer_id ORDER BY decided_at DESC NULLS LAST, is_given) = 1
            ) GROUP BY as_of, person_id HAVING {refused}
        ) GROUP BY as_of
    """


def winback(actions: Actions, shop: Shop) -> list[Expectation]:
    places = ", ".join(
        f"({literal(name)}, {each.capacity})" for name, each in actions.offers.items() if each.capacity is not None
    )
    return [
        Expectation(
            WITHIN_BUDGET,
            "Money that the plan spends beyond its budget is nobody's.",
            "coalesce(sum(cost) FILTER (WHERE arm = 'treated'), 0)",
            at_most=None if actions.budget is None else actions.budget + ROUNDING,
            at_least=0,
            unit="money",
        ),
        *(
            [
                Expectation(
                    "no_action_is_planned_beyond_its_places",
                    "What cannot be carried out brings nothing, and makes those who get nothing look treated.",
                    f"""
                    SELECT part, max(planned - places) FROM (
                        SELECT {PART} AS part, s.action, count(*) FILTER (WHERE s.arm = 'treated') AS planned, any_value(p.places) AS places
                        FROM stage AS s JOIN (VALUES {places}) AS p(action, places) ON p.action = s.action GROUP BY ALL
                    ) GROUP BY part
                    """,
                    at_most=0,
                )
            ]
            if places
            else []
        ),
        no_row(
            "who_gets_an_action_is_worth_its_costs",
            "arm = 'treated' AND NOT coalesce(gain > 0 AND cost >= 0, false)",
            "An action that costs more than it brings is better left.",
        ),
        no_row(
            "who_is_held_out_gets_nothing",
            "arm NOT IN ('treated', 'held_out') OR arm IS NULL OR (arm = 'held_out' AND (cost <> 0 OR gain <> 0))",
            "What an action brought is seen only against people who did not get it.",
        ),
        Expectation(
            "nobody_is_planned_without_consent",
            "Who has not agreed to be addressed must not be; not known is no.",
            without(shop, "marketing", "NOT coalesce(bool_or(is_given), false) OR NOT bool_and(is_given)"),
            at_most=0,
            unit="rows",
        ),
        Expectation(
            "nobody_is_planned_who_refuses_personal_treatment",
            "A plan chooses persons by their traits, which they may refuse by law.",
            without(shop, "personalisation", "NOT coalesce(bool_and(is_given), true)"),
            at_most=0,
            unit="rows",
        ),
        Expectation(
            "an_arm_stays_for_its_season",
            "Who was held out and then gets the action after all can be compared with nobody.",
            """
            SELECT part, count(*) FROM (
                SELECT CAST(s.as_of AS VARCHAR) AS part FROM stage AS s
                JOIN (
                    SELECT as_of, person_id, action, season, arm FROM stage
                    UNION ALL SELECT as_of, person_id, action, season, arm FROM outreach.winback
                    WHERE as_of NOT IN (SELECT as_of FROM asked)
                ) AS e ON e.person_id = s.person_id AND e.action = s.action AND e.season = s.season AND e.as_of < s.as_of AND e.arm <> s.arm
            ) GROUP BY part
            """,
            at_most=0,
            unit="rows",
        ),
        no_row(
            "every_planned_action_says_why_and_by_which_rule",
            "coalesce(why_zh, '') = '' OR coalesce(why_en, '') = '' OR coalesce(rule_zh, '') = '' OR coalesce(rule_en, '') = ''",
            "A decision about a person that nobody can explain must not be made, and the rule is published in words.",
        ),
        no_row(
            "what_is_planned_ends",
            "NOT coalesce(expires_on > as_of, false)",
            "What was planned weeks ago is not to be sent today.",
        ),
    ]


def not_planned() -> list[Expectation]:
    return [
        no_row(
            "who_is_left_out_is_so_for_a_known_reason",
            "NOT coalesce(reason IN ('refused', 'no_consent', 'contacted_lately', 'no_place'), false)",
            "Who is asked why somebody got nothing needs an answer.",
        ),
        Expectation(
            "nobody_is_both_planned_and_left_out",
            "Who is in the plan and is said not to be reached is reached against what is said.",
            """
            SELECT CAST(s.as_of AS VARCHAR), count(*) FROM stage AS s JOIN outreach.winback AS w ON w.as_of = s.as_of AND w.person_id = s.person_id
            GROUP BY s.as_of
            """,
            at_most=0,
            unit="rows",
        ),
    ]
