-- What each customer as of the Mondays in `asked` did in the $horizon_days from that day on, of what was known before $known_before,
-- or before the end of the window where that is not given.
-- `persons` holds the accounts that belong together as of each Monday. Purchases and money are counted as in customers.sql.
WITH days AS (
    SELECT
        a.as_of, coalesce(p.person_id, d.customer_id) AS person_id, d.active_on,
        sum(d.line_count) AS line_count,
        sum(d.gross - d.returned) AS net
    FROM asked AS a
    JOIN features_customer_days AS d
        ON d.active_on >= a.as_of AND d.active_on < a.as_of + CAST($horizon_days AS INTEGER)
            AND d.known_on < coalesce(CAST($known_before AS DATE), a.as_of + CAST($horizon_days AS INTEGER))
    LEFT JOIN persons AS p ON p.as_of = a.as_of AND p.customer_id = d.customer_id
    GROUP BY a.as_of, coalesce(p.person_id, d.customer_id), d.active_on
)

SELECT
    as_of, person_id,
    count(*) FILTER (WHERE line_count > 0) AS later_purchases,
    sum(net) AS later_spend
FROM days
GROUP BY as_of, person_id
