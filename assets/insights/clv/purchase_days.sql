-- What each person bought and paid a day, as known before each Monday in `weeks`.
SELECT as_of, person_id, active_on, sum(line_count) AS line_count, sum(gross - returned) AS net
FROM person_days
-- A correction of a price leaves the count of lines as it is.
WHERE line_count <> 0 OR returned_line_count <> 0 OR gross <> 0 OR returned <> 0
GROUP BY as_of, person_id, active_on
