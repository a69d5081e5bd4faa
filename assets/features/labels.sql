-- What each person did in the $horizon_days from each Monday in `weeks` on, of what was known before $known_before, or before the end of
-- the window where that is not given. Purchases and money are counted as in customers.sql.
WITH days AS (
    SELECT as_of, person_id, active_on, sum(line_count) AS line_count, sum(gross - returned) AS net
    FROM person_days_after
    WHERE active_on < as_of + CAST($horizon_days AS INTEGER)
        AND known_on < coalesce(CAST($known_before AS DATE), as_of + CAST($horizon_days AS INTEGER))
    GROUP BY as_of, person_id, active_on
)

SELECT
    as_of, person_id,
    count(*) FILTER (WHERE line_count > 0) AS later_purchases,
    sum(net) AS later_spend
FROM days
GROUP BY as_of, person_id
