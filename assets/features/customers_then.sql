-- What was last known of each account before each Monday in `weeks`.
SELECT * EXCLUDE (age)
FROM (
    SELECT w.as_of, c.*, row_number() OVER (PARTITION BY w.as_of, c.customer_id ORDER BY c.known_on DESC) AS age
    FROM weeks AS w JOIN customers AS c ON c.known_on < w.as_of
)
WHERE age = 1
