-- Who is on which list of the week; who refuses to be treated by personal traits is on none.
SELECT list, person_id
FROM (
    SELECT 'keep' AS list, person_id FROM leaving WHERE as_of = getvariable('as_of')
    UNION ALL
    SELECT 'win_back', person_id
    FROM rfm
    WHERE as_of = getvariable('as_of') AND r_score <= 2 AND coalesce(m_score, f_score) >= 4
        AND person_id NOT IN (SELECT person_id FROM leaving WHERE as_of = getvariable('as_of'))
    UNION ALL
    SELECT 'second', person_id
    FROM customers
    WHERE as_of = getvariable('as_of') AND frequency = 1 AND recency_days BETWEEN 8 AND getvariable('horizon')
    UNION ALL
    SELECT DISTINCT 'rebuy', person_id
    FROM recommendations
    WHERE as_of = getvariable('as_of') AND list = 'rebuy' AND due_on < as_of + 7 AND score >= 0.05
)
WHERE person_id NOT IN (SELECT person_id FROM agreed WHERE refuses)
