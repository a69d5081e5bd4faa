-- Retention and revenue by month of the first purchase and months since, as of each Monday in `weeks`, from `purchase_days`.
-- What was given back before a first purchase counts in the month of that purchase, so that revenue adds up to the customers' spend.
WITH firsts AS (
    SELECT as_of, person_id, CAST(date_trunc('month', min(active_on)) AS DATE) AS cohort_on
    FROM purchase_days
    WHERE line_count > 0
    GROUP BY as_of, person_id
),

sizes AS (
    SELECT as_of, cohort_on, count(*) AS customer_count FROM firsts GROUP BY as_of, cohort_on
),

months AS (
    SELECT
        d.as_of, f.cohort_on,
        greatest(date_diff('month', f.cohort_on, d.active_on), 0) AS months_since,
        count(DISTINCT CASE WHEN d.line_count > 0 THEN d.person_id END) AS active_count,
        sum(d.net) AS revenue
    FROM purchase_days AS d JOIN firsts AS f ON f.as_of = d.as_of AND f.person_id = d.person_id
    GROUP BY d.as_of, f.cohort_on, greatest(date_diff('month', f.cohort_on, d.active_on), 0)
),

-- Every month from the cohort's own to that of the last day known, also those in which nobody came back.
frame AS (
    SELECT s.as_of, s.cohort_on, s.customer_count, n.months_since
    FROM sizes AS s
    JOIN (SELECT DISTINCT a.as_of, CAST(unnest(range(1200)) AS INTEGER) AS months_since FROM weeks AS a) AS n
        ON n.as_of = s.as_of AND n.months_since <= date_diff('month', s.cohort_on, s.as_of - 1)
)

SELECT
    f.as_of, f.cohort_on, f.months_since, f.customer_count,
    coalesce(m.active_count, 0) AS active_count,
    round(coalesce(m.active_count, 0) / CAST(f.customer_count AS DOUBLE), 6) AS retention_share,
    coalesce(m.revenue, 0) AS revenue,
    sum(coalesce(m.revenue, 0)) OVER so_far AS revenue_to_date,
    round(CAST(sum(coalesce(m.revenue, 0)) OVER so_far AS DOUBLE) / f.customer_count, 4) AS revenue_to_date_per_customer,
    CAST(f.cohort_on + to_months(f.months_since + 1) AS DATE) <= f.as_of AS is_complete
FROM frame AS f
LEFT JOIN months AS m ON m.as_of = f.as_of AND m.cohort_on = f.cohort_on AND m.months_since = f.months_since
WINDOW so_far AS (PARTITION BY f.as_of, f.cohort_on ORDER BY f.months_since ROWS UNBOUNDED PRECEDING)
