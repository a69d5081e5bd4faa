-- What each person did with each product before $week: on how many days by kind of event, and how long ago the latest. A day counts
-- once however often something was done on it. `place`: of the product among the person's, the one interacted with last being 1.
WITH acts AS (
    SELECT person_id, product_id, 'purchase' AS event_type, ordered_on AS done_on, sign AS times
    FROM person_sales
    WHERE product_id IS NOT NULL AND quantity > 0
    UNION ALL
    SELECT coalesce(m.person_id, e.customer_id), e.product_id, e.event_type, e.occurred_on, e.sign
    FROM events AS e LEFT JOIN merged AS m ON m.as_of = $week AND m.customer_id = e.customer_id
    WHERE e.known_on < $week AND e.product_id IS NOT NULL AND e.event_type IN ('view', 'cart', 'favorite', 'click')
),

days AS (
    SELECT person_id, product_id, event_type, done_on
    FROM acts
    GROUP BY person_id, product_id, event_type, done_on
    HAVING sum(times) > 0
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
