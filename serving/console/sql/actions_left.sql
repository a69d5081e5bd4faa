-- Who is worth an action and gets none this week, for one reason: fifty from a place on. Nothing is said of what they would be worth.
SELECT person_id FROM (
    SELECT person_id, reason FROM outreach.not_planned WHERE as_of = getvariable('as_of')
    UNION ALL SELECT person_id, 'held_out' FROM outreach.winback WHERE as_of = getvariable('as_of') AND arm = 'held_out'
)
WHERE reason = getvariable('reason') AND person_id NOT IN (SELECT person_id FROM gone)
ORDER BY person_id
LIMIT 51 OFFSET CAST(getvariable('place') AS BIGINT)
