-- What each person bought and paid a day: of what was known before each Monday in `asked`, and of the $horizon_days from that Monday
-- on, of what was known when they were over. `persons` holds the accounts that belong together as of each Monday.
SELECT
    a.as_of, coalesce(p.person_id, d.customer_id) AS person_id, d.active_on,
    sum(d.line_count) AS line_count,
    sum(d.gross - d.returned) AS net
FROM asked AS a
JOIN features_customer_days AS d
    ON d.known_on < a.as_of + CAST($horizon_days AS INTEGER) AND (d.known_on < a.as_of OR d.active_on >= a.as_of)
LEFT JOIN persons AS p ON p.as_of = a.as_of AND p.customer_id = d.customer_id
-- A correction of a price leaves the count of lines as it is.
WHERE d.line_count <> 0 OR d.returned_line_count <> 0 OR d.gross <> 0 OR d.returned <> 0
GROUP BY a.as_of, coalesce(p.person_id, d.customer_id), d.active_on
