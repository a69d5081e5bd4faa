"""What is expected of insights.uplift."""

from data_checks.gate.expectation import Expectation, no_row

ARMS = "the_arms_are_those_that_were_drawn"
RANKED = "by_what_people_are_planned_is_judged_and_said"
MISMATCH = 0.001
SHOWN = ("action", "treated_count", "control_count", "effect", "effect_low", "effect_high", "verdict_zh", "verdict_en")


def uplift() -> list[Expectation]:
    return [
        Expectation(
            ARMS,
            "Sample-ratio mismatch: arms of other sizes than the draw gives differ in more than the action, and their difference misleads.",
            "min(mismatch_p)",
            at_least=MISMATCH,
            offending=f"mismatch_p < {MISMATCH}",
        ),
        no_row(
            "the_interval_holds_the_effect",
            "(effect IS NOT NULL AND NOT coalesce(effect_low <= effect AND effect <= effect_high, false)) OR (margin_effect IS NOT NULL "
            "AND NOT coalesce(margin_effect_low <= margin_effect AND margin_effect <= margin_effect_high, false))",
            "An effect outside its own interval is a mistake in one of them.",
        ),
        no_row(
            "what_is_expected_is_a_difference_of_rates",
            "NOT coalesce(abs(expected_uplift) <= 1 AND expected_uplift_error >= 0, false)",
            "The next plan spends by it.",
        ),
        no_row(
            RANKED,
            "is_ranked IS NULL OR coalesce(ranking_zh, '') = '' OR coalesce(ranking_en, '') = ''",
            "A ranking of people that was not judged on the next campaign may be worse than none.",
        ),
        no_row(
            "every_action_has_a_verdict_in_words",
            "coalesce(verdict_zh, '') = '' OR coalesce(verdict_en, '') = ''",
            "Who decides about an action reads words.",
        ),
    ]
