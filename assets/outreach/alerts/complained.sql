-- Valuable customers who complained within the week, a row each.
WITH said AS (
    SELECT coalesce(m.person_id, c.customer_id) AS person_id, c.source, c.kind, c.aspects
    FROM complaining AS c LEFT JOIN merged AS m ON m.customer_id = c.customer_id
),

counted AS (
    SELECT
        person_id,
        string_agg(source, ' ' ORDER BY source) AS sources,
        count(*) FILTER (WHERE kind = 'review') AS review_count,
        count(*) FILTER (WHERE kind = 'conversation') AS conversation_count,
        list_sort(list_distinct(flatten(list(aspects)))) AS aspects
    FROM said
    GROUP BY person_id
)

SELECT
    p.person_id, p.person_id || ' ' || c.sources AS subject, NULL::DATE AS since_on, round(p.worth, 2) AS weight, p.worth, p.months,
    p.is_margin, CASE WHEN NOT p.refuses THEN p.p_churn END AS p_churn, c.review_count, c.conversation_count, c.aspects
FROM counted AS c
JOIN valued AS p ON p.person_id = c.person_id
WHERE p.is_valuable
ORDER BY weight DESC, p.person_id
LIMIT $most
