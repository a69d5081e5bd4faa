-- Of each week what buyers are expected to spend within the horizon, and who paid the revenue of as many days before: accounts
-- that had bought before those days, accounts that had not, and guests.
WITH weeks AS (
    SELECT as_of, any_value(horizon_days) AS horizon_days, sum(expected_spend) AS expected_spend
    FROM predictions
    WHERE list_contains($weeks, as_of)
    GROUP BY as_of
    HAVING sum(expected_spend) IS NOT NULL
),

paid AS (
    SELECT customer_id, ordered_on, known_on, sum(sign * amount) AS amount
    FROM sales
    WHERE quantity > 0
    GROUP BY customer_id, ordered_on, known_on
),

seen AS (
    SELECT
        w.as_of, w.as_of - w.horizon_days AS since, p.customer_id, p.ordered_on, p.amount,
        min(p.ordered_on) OVER (PARTITION BY w.as_of, p.customer_id) AS first_on
    FROM weeks AS w
    JOIN paid AS p ON p.known_on < w.as_of AND p.ordered_on < w.as_of
),

shares AS (
    SELECT
        as_of,
        coalesce(sum(amount) FILTER (WHERE customer_id IS NOT NULL AND first_on < since), 0) / nullif(sum(amount), 0) AS known_share,
        coalesce(sum(amount) FILTER (WHERE customer_id IS NOT NULL AND first_on >= since), 0) / nullif(sum(amount), 0) AS new_share,
        coalesce(sum(amount) FILTER (WHERE customer_id IS NULL), 0) / nullif(sum(amount), 0) AS guest_share
    FROM seen
    WHERE ordered_on >= since
    GROUP BY as_of
)

SELECT
    w.as_of, w.horizon_days, CAST(w.expected_spend AS DOUBLE) AS expected_spend,
    CAST(s.known_share AS DOUBLE) AS known_share, CAST(s.new_share AS DOUBLE) AS new_share, CAST(s.guest_share AS DOUBLE) AS guest_share
FROM weeks AS w
JOIN shares AS s ON s.as_of = w.as_of
ORDER BY w.as_of
