-- What was planned for whom up to a Monday, by who they are as of it.
SELECT coalesce(m.person_id, w.person_id) AS person_id, w.as_of, w.action, w.action_id, w.arm, w.season
FROM winback AS w
LEFT JOIN merged AS m ON m.customer_id = w.person_id
WHERE w.as_of <= $week AND list_contains($offers, w.action)
