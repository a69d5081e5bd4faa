-- Tells which valid arrivals ({table}) only repeat a row that arrived in the days before. Looked for within a set number of
-- days, so that a day's cost does not grow with the history.
WITH in_order AS (
    SELECT {key}, delivered_on, row_no, false AS is_arrival FROM recent WHERE reason IS NULL
    UNION ALL
    SELECT {key}, delivered_on, row_no, true FROM candidates WHERE reason IS NULL
),

compared AS (
    SELECT *, lag(delivered_on) OVER (PARTITION BY {key} ORDER BY delivered_on, row_no) AS seen_on FROM in_order
)

SELECT
    c.*,
    p.seen_on IS NOT NULL AND p.seen_on >= c.delivered_on - CAST($duplicate_days AS INTEGER) AS is_duplicate
FROM candidates AS c JOIN compared AS p ON p.delivered_on = c.delivered_on AND p.row_no = c.row_no AND p.is_arrival
