-- By product, the gaps in days between purchases of it by the same person, before $week.
WITH days AS (
    SELECT coalesce(p.person_id, o.customer_id) AS person_id, o.product_id, o.ordered_on
    FROM clean_orders AS o LEFT JOIN persons AS p ON p.as_of = $week AND p.customer_id = o.customer_id
    WHERE o.known_on < $week AND o.customer_id IS NOT NULL AND o.product_id IS NOT NULL AND o.quantity > 0
        AND o.quantity < $outlier_quantity AND o.cancelled_at IS NULL AND coalesce(o.line_type, 'product') = 'product'
    GROUP BY ALL HAVING sum(o.sign) > 0
),

gaps AS (
    SELECT product_id, date_diff('day', lag(ordered_on) OVER (PARTITION BY person_id, product_id ORDER BY ordered_on), ordered_on) AS gap_days
    FROM days
)

SELECT product_id, count(gap_days) AS gap_count, sum(ln(gap_days)) AS log_gap_sum
FROM gaps WHERE gap_days IS NOT NULL GROUP BY product_id ORDER BY product_id
