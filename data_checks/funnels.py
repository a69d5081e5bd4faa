"""What is expected of funnels."""

from data_checks.gate.expectation import Expectation, no_row


def funnels() -> list[Expectation]:
    return [
        Expectation(
            "each_step_is_part_of_the_step_before",
            "A funnel is narrower at every step: visits that were added on the way are others.",
            """
            SELECT part, count(*) FILTER (WHERE steps <> [1, 2, 3] OR visits <> list_reverse_sort(visits)) FROM (
                SELECT CAST(as_of AS VARCHAR) AS part, list(step_no ORDER BY step_no) AS steps, list(visit_count ORDER BY step_no) AS visits
                FROM stage GROUP BY as_of, cut, name
            ) GROUP BY part
            """,
            at_most=0,
            unit="rows",
        ),
        Expectation(
            "channels_add_up_to_the_shop",
            "A visit has one channel: those of all channels are those of the shop, at every step.",
            """
            SELECT part, max(abs(channels - shop)) FROM (
                SELECT CAST(as_of AS VARCHAR) AS part, sum(visit_count) FILTER (WHERE cut = 'channel') AS channels,
                    sum(visit_count) FILTER (WHERE cut = 'shop') AS shop
                FROM stage GROUP BY as_of, step_no
            ) GROUP BY part
            """,
            at_most=0,
        ),
        no_row(
            "a_category_has_no_more_visits_than_the_shop",
            "cut = 'category' AND visit_count > (SELECT max(s.visit_count) FROM stage AS s "
            "WHERE s.as_of = stage.as_of AND s.cut = 'shop' AND s.step_no = stage.step_no)",
            "What is counted in a category is counted in the shop.",
        ),
        no_row(
            "shares_lie_in_their_intervals_from_0_to_1",
            "share NOT BETWEEN share_low AND share_high OR view_share NOT BETWEEN view_share_low AND view_share_high "
            "OR least(share_low, view_share_low) < 0 OR greatest(share_high, view_share_high) > 1",
            "A share outside its interval was worked out from other visits.",
        ),
        no_row(
            "no_visit_comes_further_than_was_done",
            "cut <> 'channel' AND visit_count > action_count",
            "Every visit that comes to a step has done it once at least.",
        ),
        Expectation(
            "every_view_of_the_week_is_counted",
            "Views that fall out make the shop look better than it is.",
            """
            SELECT CAST(a.as_of AS VARCHAR), coalesce(s.views, 0) - coalesce(e.views, 0) FROM asked AS a
            LEFT JOIN (
                SELECT as_of, sum(action_count) AS views FROM stage WHERE cut = 'shop' AND step_no = 1 GROUP BY as_of
            ) AS s ON s.as_of = a.as_of
            LEFT JOIN (
                SELECT w.as_of, count(*) AS views FROM asked AS w
                JOIN clean.events AS e ON e.event_type = 'view' AND e.known_on < w.as_of
                    AND e.occurred_on < w.as_of AND e.occurred_on >= w.as_of - 7
                GROUP BY w.as_of
            ) AS e ON e.as_of = a.as_of
            """,
            at_least=0,
            at_most=0,
        ),
        Expectation(
            "orders_follow_visits",
            "Where carts and orders are many and none belongs to the other, orders have only their day, or other ids than events.",
            "CASE WHEN min(action_count) FILTER (WHERE cut = 'shop' AND step_no = 3) >= 20 "
            "AND min(visit_count) FILTER (WHERE cut = 'shop' AND step_no = 2) >= 20 "
            "THEN min(visit_count) FILTER (WHERE cut = 'shop' AND step_no = 3) END",
            at_least=1,
            severity="warning",
        ),
        no_row(
            "no_step_has_fallen_by_more_than_noise",
            "is_drop AND cut <> 'category'",
            "More visits than usual stop at this step: something stands in their way. Of ten figures a week, noise alone passes three "
            "standard errors about once in a year and a half.",
            severity="warning",
        ),
    ]
