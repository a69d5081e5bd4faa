-- The figures of the room Actions. `$row` is an action, or a reason.

-- actions.all_gain
SELECT coalesce(sum(gain), 0) FROM outreach.winback WHERE as_of = AS_OF AND arm = 'treated'
-- actions.all_cost
SELECT coalesce(sum(cost), 0) FROM outreach.winback WHERE as_of = AS_OF AND arm = 'treated'
-- actions.all_planned
SELECT count(*) FROM outreach.winback WHERE as_of = AS_OF AND arm = 'treated'
-- actions.all_held_out
SELECT count(*) FROM outreach.winback WHERE as_of = AS_OF AND arm = 'held_out'
-- actions.share_of_most
SELECT sum(gain) FILTER (WHERE arm = 'treated') / any_value(plan_gain_at_most) FROM outreach.winback WHERE as_of = AS_OF
-- actions.budget_price
SELECT any_value(one_more_of_budget_brings) FROM outreach.winback WHERE as_of = AS_OF
-- actions.place_price
SELECT any_value(one_more_place_brings) FROM outreach.winback WHERE as_of = AS_OF AND action = $row
-- actions.gain
SELECT coalesce(sum(gain), 0) FROM outreach.winback WHERE as_of = AS_OF AND arm = 'treated' AND action = $row
-- actions.cost
SELECT coalesce(sum(cost), 0) FROM outreach.winback WHERE as_of = AS_OF AND arm = 'treated' AND action = $row
-- actions.planned
SELECT count(*) FROM outreach.winback WHERE as_of = AS_OF AND arm = 'treated' AND action = $row
-- actions.held_out
SELECT count(*) FROM outreach.winback WHERE as_of = AS_OF AND arm = 'held_out' AND action = $row
-- actions.left
SELECT count(*) FROM (SELECT reason FROM outreach.not_planned WHERE as_of = AS_OF UNION ALL SELECT 'held_out' FROM outreach.winback WHERE as_of = AS_OF AND arm = 'held_out') WHERE reason = $row
-- actions.worth
SELECT (SELECT count(*) FROM outreach.not_planned WHERE as_of = AS_OF) + (SELECT count(*) FROM outreach.winback WHERE as_of = AS_OF)
-- actions.treated_count
SELECT treated_count FROM insights.uplift WHERE as_of = AS_OF AND segment_id IS NULL AND action = $row
-- actions.control_count
SELECT control_count FROM insights.uplift WHERE as_of = AS_OF AND segment_id IS NULL AND action = $row
-- actions.treated_rate
SELECT treated_rate FROM insights.uplift WHERE as_of = AS_OF AND segment_id IS NULL AND action = $row
-- actions.control_rate
SELECT control_rate FROM insights.uplift WHERE as_of = AS_OF AND segment_id IS NULL AND action = $row
