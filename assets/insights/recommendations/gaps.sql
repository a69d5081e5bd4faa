-- By product, the gaps in days between purchases of it by the same person, before the Monday in `weeks`.
WITH days AS (
    SELECT person_id, product_id, ordered_on
    FROM person_sales
    WHERE product_id IS NOT NULL AND quantity > 0
    GROUP BY person_id, product_id, ordered_on
    HAVING sum(sign) > 0
),

gaps AS (
    SELECT product_id, date_diff('day', lag(ordered_on) OVER (PARTITION BY person_id, product_id ORDER BY ordered_on), ordered_on) AS gap_days
    FROM days
)

SELECT product_id, count(gap_days) AS gap_count, sum(ln(gap_days)) AS log_gap_sum
FROM gaps WHERE gap_days IS NOT NULL GROUP BY product_id ORDER BY product_id
