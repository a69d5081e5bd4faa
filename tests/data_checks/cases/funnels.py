"""insights/funnels."""

from assets.insights.funnels.tables import FUNNELS
from data_checks import funnels
from tests.data_checks.cases.case import BAD_MONDAY, MONDAY, Case

STEPS = [
    {"cut": cut, "name": name, "step": step, "step_no": number, "visit_count": visits, "action_count": visits + 5, "is_drop": False,
     "share": 0.5, "share_low": 0.4, "share_high": 0.6, "view_share": 0.5, "view_share_low": 0.4, "view_share_high": 0.6}
    for cut, name, counts in (("shop", None, (80, 40, 20)), ("channel", "app", (80, 40, 20)), ("category", "tea", (30, 20, 10)))
    for number, (step, visits) in enumerate(zip(("view", "cart", "order"), counts, strict=True), 1)
]  # fmt: skip
EVENTS = f"""
    CREATE TABLE clean.events AS
    SELECT 'view' AS event_type, week - 3 AS occurred_on, week - 3 AS known_on FROM (VALUES (DATE '{MONDAY}'), (DATE '{BAD_MONDAY}')) AS w(week), range(85)
"""
# Of a category alone: nothing has to add up.
TEA = "WHERE as_of = $bad AND cut = 'category'"
CASES = [
    Case(
        FUNNELS,
        lambda _: funnels.funnels(),
        STEPS,
        {
            "every_key_has_one_row": f"INSERT INTO stage SELECT * FROM stage {TEA}",
            "each_step_is_part_of_the_step_before": f"UPDATE stage SET visit_count = 9 {TEA} AND step_no = 2",
            "channels_add_up_to_the_shop": "UPDATE stage SET visit_count = 79 WHERE as_of = $bad AND cut = 'channel' AND step_no = 1",
            "a_category_has_no_more_visits_than_the_shop": f"UPDATE stage SET visit_count = 81, action_count = 81 {TEA} AND step_no = 1",
            "shares_lie_in_their_intervals_from_0_to_1": f"UPDATE stage SET share = 0.7 {TEA}",
            "no_visit_comes_further_than_was_done": f"UPDATE stage SET action_count = 29 {TEA} AND step_no = 1",
            "every_view_of_the_week_is_counted": f"INSERT INTO clean.events VALUES ('view', DATE '{BAD_MONDAY}' - 7, DATE '{BAD_MONDAY}' - 7)",
            "orders_follow_visits": "UPDATE stage SET visit_count = 0 WHERE as_of = $bad AND step_no = 3",
            "no_step_has_fallen_by_more_than_noise": "UPDATE stage SET is_drop = true WHERE as_of = $bad AND cut = 'shop' AND step_no = 2",
        },
        keys=(MONDAY, BAD_MONDAY),
        around=(EVENTS,),
        together={"every_key_has_one_row": {"each_step_is_part_of_the_step_before"}},
    ),
]
