-- Of each person as of each Monday in `weeks`: how much of $category they had bought, and how often they had looked at it in the last 90 days.
WITH bought AS (
    SELECT s.as_of, s.person_id, sum(s.sign) AS line_count
    FROM person_sales AS s JOIN products_then AS p ON p.as_of = s.as_of AND p.product_id = s.product_id
    WHERE s.quantity > 0 AND p.category = $category
    GROUP BY s.as_of, s.person_id
),

seen AS (
    SELECT w.as_of, coalesce(m.person_id, e.customer_id) AS person_id, sum(e.sign) AS event_count
    FROM weeks AS w
    JOIN events AS e ON e.known_on < w.as_of AND e.occurred_on >= w.as_of - 90 AND e.event_type IN ('view', 'cart', 'favorite')
    JOIN products_then AS p ON p.as_of = w.as_of AND p.product_id = e.product_id AND p.category = $category
    LEFT JOIN merged AS m ON m.as_of = w.as_of AND m.customer_id = e.customer_id
    GROUP BY ALL
)

SELECT
    coalesce(b.as_of, s.as_of) AS as_of, coalesce(b.person_id, s.person_id) AS person_id,
    coalesce(b.line_count, 0) AS category_line_count, coalesce(s.event_count, 0) AS category_event_count_90d
FROM bought AS b FULL JOIN seen AS s ON s.as_of = b.as_of AND s.person_id = b.person_id
ORDER BY as_of, person_id
