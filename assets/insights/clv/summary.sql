-- One row a customer who bought by $until: frequency, recency, T and monetary value as of that day, and what the $horizon_days
-- after it brought (0: nothing is looked at). `log` has customer_id, day, value; a log without money has value NULL.
-- Lines of a day are merged. A day is a purchase if its net is positive or nothing was given back on it (so a free order is one);
-- any other day is a return and lowers the purchase it follows. Returns known after $until lower nothing before it: each side of
-- the cut-off is netted by itself. Recency and T are days since the first purchase, divided by $days_per_unit.
WITH days AS (
    SELECT
        customer_id, day, day > CAST($until AS DATE) AS is_later,
        sum(value) AS net,
        coalesce(sum(value) > 0, true) OR NOT coalesce(bool_or(value < 0), false) AS is_purchase
    FROM log
    WHERE customer_id IS NOT NULL AND day <= CAST($until AS DATE) + CAST($horizon_days AS INTEGER)
    GROUP BY customer_id, day
),

numbered AS (
    SELECT
        customer_id, day, is_later, net,
        sum(CASE WHEN is_purchase THEN 1 ELSE 0 END) OVER (
            PARTITION BY customer_id, is_later ORDER BY day ROWS UNBOUNDED PRECEDING
        ) AS purchase_no
    FROM days
),

purchases AS (
    SELECT customer_id, is_later, purchase_no, min(day) AS day, sum(net) AS value
    FROM numbered
    WHERE purchase_no > 0
    GROUP BY customer_id, is_later, purchase_no
),

customers AS (
    SELECT
        customer_id,
        min(day) FILTER (WHERE NOT is_later) AS first_purchase_on,
        max(day) FILTER (WHERE NOT is_later) AS last_purchase_on,
        count(*) FILTER (WHERE NOT is_later) - 1 AS frequency,
        avg(value) FILTER (WHERE NOT is_later AND purchase_no > 1) AS monetary_value,
        sum(value) FILTER (WHERE NOT is_later) AS spend,
        count(*) FILTER (WHERE is_later) AS later_purchases,
        coalesce(sum(value) FILTER (WHERE is_later), 0) AS later_spend
    FROM purchases
    GROUP BY customer_id
)

SELECT
    customer_id, first_purchase_on, frequency,
    (last_purchase_on - first_purchase_on) / CAST($days_per_unit AS DOUBLE) AS recency,
    (CAST($until AS DATE) - first_purchase_on) / CAST($days_per_unit AS DOUBLE) AS T,
    CAST(monetary_value AS DOUBLE) AS monetary_value,
    CAST(spend AS DOUBLE) AS spend,
    later_purchases,
    CAST(later_spend AS DOUBLE) AS later_spend
FROM customers
WHERE first_purchase_on IS NOT NULL
ORDER BY customer_id
