-- Who is in the plan of the week, of one action or of all, and may still be reached: fifty from a place on.
SELECT person_id, action_zh, action_en, why_zh, why_en, margin_value, gain, expires_on
FROM outreach.winback
WHERE as_of = getvariable('as_of') AND arm = 'treated' AND getvariable('action') IN ('', action)
    AND person_id NOT IN (SELECT person_id FROM stopped)
ORDER BY gain DESC, person_id
LIMIT 51 OFFSET CAST(getvariable('place') AS BIGINT)
