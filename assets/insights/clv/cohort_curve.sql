-- Purchases and money after the first purchase day by age, in steps of 30 days since it, before each as-of date in `purchase_days`.
-- A step counts for the customers who have lived through all of it.
WITH firsts AS (
    SELECT as_of, person_id, min(active_on) AS first_on
    FROM purchase_days
    WHERE line_count > 0 AND active_on < as_of
    GROUP BY as_of, person_id
),

later AS (
    SELECT
        d.as_of, d.line_count, d.net,
        CAST(floor((d.active_on - f.first_on - 1) / 30.0) AS INTEGER) AS step,
        d.as_of - 1 - f.first_on AS age_days
    FROM firsts AS f
    JOIN purchase_days AS d ON d.as_of = f.as_of AND d.person_id = f.person_id
    WHERE d.active_on > f.first_on AND d.active_on < d.as_of
)

SELECT as_of, step, count(*) FILTER (WHERE line_count > 0) AS purchases, CAST(sum(net) AS DOUBLE) AS spend
FROM later
WHERE age_days >= 30 * (step + 1)
GROUP BY as_of, step
ORDER BY as_of, step
