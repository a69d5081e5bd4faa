-- What each person did with each product before $week: on how many days by kind of event, and how long ago the latest. A day
-- counts once however often something was done on it. `place`: of the product among the person's, the one dealt with last being 1.
WITH acts AS (
    SELECT customer_id, product_id, 'purchase' AS event_type, ordered_on AS done_on, sign AS times
    FROM clean_orders
    WHERE known_on < $week AND customer_id IS NOT NULL AND product_id IS NOT NULL AND quantity > 0
        AND quantity < $outlier_quantity AND cancelled_at IS NULL AND coalesce(line_type, 'product') = 'product'
    UNION ALL
    SELECT customer_id, product_id, event_type, occurred_on, sign
    FROM clean_events
    WHERE known_on < $week AND product_id IS NOT NULL AND event_type IN ('view', 'cart', 'favorite', 'click')
),

days AS (
    SELECT coalesce(p.person_id, a.customer_id) AS person_id, a.product_id, a.event_type, a.done_on
    FROM acts AS a LEFT JOIN persons AS p ON p.as_of = $week AND p.customer_id = a.customer_id
    GROUP BY coalesce(p.person_id, a.customer_id), a.product_id, a.event_type, a.done_on
    HAVING sum(a.times) > 0
),

pairs AS (
    SELECT
        person_id, product_id, event_type,
        count(*) AS event_count, min(done_on) AS first_on, max(done_on) AS last_on
    FROM days GROUP BY person_id, product_id, event_type
),

places AS (
    SELECT person_id, product_id, row_number() OVER (PARTITION BY person_id ORDER BY max(last_on) DESC, product_id) AS place
    FROM pairs GROUP BY person_id, product_id
)

SELECT
    person_id, product_id, event_type, event_count,
    date_diff('day', last_on, $week) AS age_days,
    date_diff('day', first_on, last_on) AS span_days, place
FROM pairs JOIN places USING (person_id, product_id)
