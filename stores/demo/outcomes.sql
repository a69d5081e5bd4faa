SELECT
    action_id, customer_id, outcome, occurred_at, value
FROM outcomes
