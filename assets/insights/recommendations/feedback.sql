-- Impressions of our lists in the $days before $week, with their clicks, by source and position. The list's name says the source:
-- zhike-<list>-<week>-<source>, and of one drawn at random from how many products. A click counts with the impression of the same customer, product and list.
WITH ours AS (
    SELECT customer_id, product_id, list_id, position, event_type, occurred_on
    FROM events
    WHERE known_on < $week AND occurred_on >= $week - CAST($days AS INTEGER) AND event_type IN ('impression', 'click')
        AND list_id LIKE 'zhike-%' AND product_id IS NOT NULL
    GROUP BY ALL HAVING sum(sign) > 0
),

shown AS (
    SELECT customer_id, product_id, list_id, min(position) AS position, min(occurred_on) AS shown_on
    FROM ours WHERE event_type = 'impression' GROUP BY ALL
),

clicked AS (SELECT DISTINCT customer_id, product_id, list_id FROM ours WHERE event_type = 'click'),

-- Reversals against: what was cancelled, or corrected away, was not bought.
bought AS (
    SELECT s.customer_id, s.product_id, s.list_id
    FROM shown AS s JOIN person_sales AS o ON o.customer_id = s.customer_id AND o.product_id = s.product_id
    WHERE o.quantity > 0 AND o.ordered_on >= s.shown_on AND o.ordered_on < s.shown_on + 7
    GROUP BY s.customer_id, s.product_id, s.list_id
    HAVING sum(o.sign) > 0
)

SELECT
    coalesce(m.person_id, s.customer_id) AS person_id, s.product_id,
    split_part(s.list_id, '-', 2) AS list,
    split_part(s.list_id, '-', 4) AS source,
    greatest(coalesce(s.position, 1), 1) AS position,
    c.list_id IS NOT NULL AS is_clicked,
    b.list_id IS NOT NULL AS is_bought,
    try_cast(try_strptime(split_part(s.list_id, '-', 3), '%Y%m%d') AS DATE) AS listed_on,
    try_cast(nullif(split_part(s.list_id, '-', 5), '') AS INTEGER) AS pool_size
FROM shown AS s
LEFT JOIN clicked AS c USING (customer_id, product_id, list_id)
LEFT JOIN bought AS b USING (customer_id, product_id, list_id)
LEFT JOIN merged AS m ON m.as_of = $week AND m.customer_id = s.customer_id
ORDER BY ALL
