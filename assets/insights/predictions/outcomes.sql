-- Each score in `scores` beside what the customer did from that Monday to `as_of`, when its window closed, of what was known by then.
-- `persons` holds the accounts that belong together as of the Monday of the score; purchases and money count as in customers.sql.
WITH days AS (
    SELECT
        w.as_of, w.scored_as_of, coalesce(p.person_id, d.customer_id) AS person_id, d.active_on,
        sum(d.line_count) AS line_count,
        sum(d.gross - d.returned) AS net
    FROM windows AS w
    JOIN features_customer_days AS d
        ON d.active_on >= w.scored_as_of AND d.active_on < w.as_of AND d.known_on < w.as_of
    LEFT JOIN persons AS p ON p.as_of = w.scored_as_of AND p.customer_id = d.customer_id
    GROUP BY w.as_of, w.scored_as_of, coalesce(p.person_id, d.customer_id), d.active_on
),

did AS (
    SELECT as_of, scored_as_of, person_id, count(*) FILTER (WHERE line_count > 0) AS purchases, sum(net) AS spend
    FROM days
    GROUP BY as_of, scored_as_of, person_id
)

SELECT
    w.as_of, w.scored_as_of, s.person_id, s.p_purchase, s.expected_spend,
    CASE WHEN d.purchases > 0 THEN 1.0 ELSE 0.0 END AS bought,
    CAST(coalesce(d.spend, 0) AS DOUBLE) AS realised_spend
FROM windows AS w
JOIN scores AS s ON s.scored_as_of = w.scored_as_of
LEFT JOIN did AS d ON d.as_of = w.as_of AND d.scored_as_of = w.scored_as_of AND d.person_id = s.person_id
ORDER BY w.as_of, w.scored_as_of, s.person_id
