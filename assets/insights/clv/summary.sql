-- One row a customer and as-of date in `purchase_days` (as_of, person_id, active_on, line_count, net: what was bought and paid on a
-- day): frequency, recency, T and monetary value as of the day before it, and what came later (from the as-of date on).
-- A day is a purchase where a line was bought on it, as in features.customers; lines of a day are merged. What is given back on
-- another day lowers the purchase it follows, or else the first. Later money is all that the later days brought, returns netted.
-- log_gap_sum is the sum of the logarithms of the times between purchases, which tells how regular they are.
-- Recency and T are days since the first purchase, divided by $days_per_unit. T ends with the last day that is known: on each of
-- these T days a customer could have bought again.
WITH numbered AS (
    SELECT
        as_of, person_id, active_on, net,
        active_on >= as_of AS is_later,
        line_count > 0 AS is_purchase,
        sum(CASE WHEN line_count > 0 THEN 1 ELSE 0 END) OVER (
            PARTITION BY as_of, person_id ORDER BY active_on ROWS UNBOUNDED PRECEDING
        ) AS purchase_no,
        max(CASE WHEN line_count > 0 THEN active_on END) OVER (
            PARTITION BY as_of, person_id ORDER BY active_on ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS purchase_before_on
    FROM purchase_days
),

customers AS (
    SELECT
        as_of, person_id,
        min(active_on) FILTER (WHERE is_purchase AND NOT is_later) AS first_purchase_on,
        max(active_on) FILTER (WHERE is_purchase AND NOT is_later) AS last_purchase_on,
        count(*) FILTER (WHERE is_purchase AND NOT is_later) - 1 AS frequency,
        sum(ln((active_on - purchase_before_on) / CAST($days_per_unit AS DOUBLE))) FILTER (
            WHERE is_purchase AND NOT is_later AND purchase_before_on IS NOT NULL
        ) AS log_gap_sum,
        sum(net) FILTER (WHERE purchase_no > 1 AND NOT is_later) AS repeat_spend,
        sum(net) FILTER (WHERE NOT is_later) AS spend,
        count(*) FILTER (WHERE is_purchase AND is_later) AS later_purchases,
        coalesce(sum(net) FILTER (WHERE is_later), 0) AS later_spend
    FROM numbered
    GROUP BY as_of, person_id
)

SELECT
    as_of, person_id, frequency,
    (last_purchase_on - first_purchase_on) / CAST($days_per_unit AS DOUBLE) AS recency,
    (as_of - 1 - first_purchase_on) / CAST($days_per_unit AS DOUBLE) AS T,
    -- Rounded, since a parallel sum depends on its order.
    round(coalesce(log_gap_sum, 0), 9) AS log_gap_sum,
    CAST(repeat_spend AS DOUBLE) / nullif(frequency, 0) AS monetary_value,
    CAST(spend AS DOUBLE) AS spend,
    later_purchases,
    CAST(later_spend AS DOUBLE) AS later_spend
FROM customers
WHERE first_purchase_on IS NOT NULL
ORDER BY as_of, person_id
