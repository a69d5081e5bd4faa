-- The buyers of a week with what a plan needs of them. Consent is given where an account of theirs agreed and none refused: not known is no.
WITH said AS (
    SELECT
        coalesce(m.person_id, t.customer_id) AS person_id,
        coalesce(bool_or(t.marketing_consent), false) AND coalesce(bool_and(t.marketing_consent), false) AS agrees,
        coalesce(bool_or(t.personalisation_refused), false) AS refuses
    FROM customers_then AS t LEFT JOIN merged AS m ON m.customer_id = t.customer_id
    GROUP BY ALL
)
SELECT
    c.person_id, c.recency_days, c.frequency, p.p_purchase, p.expected_spend, v.margin_share, s.segment_id,
    coalesce(k.agrees, false) AS agrees, coalesce(k.refuses, false) AS refuses
FROM buyers AS c
JOIN predictions AS p ON p.as_of = c.as_of AND p.person_id = c.person_id
LEFT JOIN clv AS v ON v.as_of = c.as_of AND v.person_id = c.person_id
LEFT JOIN segments AS s ON s.as_of = c.as_of AND s.person_id = c.person_id
LEFT JOIN said AS k ON k.person_id = c.person_id
WHERE c.as_of = $week AND c.frequency > 0
ORDER BY c.person_id
