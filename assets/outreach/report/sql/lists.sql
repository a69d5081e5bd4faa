-- Whom to write to, and how many of them allow it: a customer agrees when an account of theirs does and none refuses.
WITH agreed AS (
    SELECT
        coalesce(p.person_id, a.customer_id) AS person_id,
        bool_or(a.marketing_consent) AND bool_and(coalesce(a.marketing_consent, true)) AS may_be_reached
    FROM accounts AS a
    LEFT JOIN people AS p USING (customer_id)
    GROUP BY 1
),

listed AS (
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

SELECT list, count(*) AS customers, count(*) FILTER (WHERE a.may_be_reached) AS reachable
FROM listed
LEFT JOIN agreed AS a USING (person_id)
GROUP BY list
