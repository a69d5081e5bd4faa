-- The twenty of the week with the most to lose.
SELECT *
FROM leaving
WHERE as_of = getvariable('as_of')
ORDER BY p_churn * worth DESC, person_id
LIMIT 20
