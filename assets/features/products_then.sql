-- What was last known of each product before each Monday in `weeks`.
SELECT * EXCLUDE (age)
FROM (
    SELECT w.as_of, p.*, row_number() OVER (PARTITION BY w.as_of, p.product_id ORDER BY p.known_on DESC) AS age
    FROM weeks AS w JOIN products AS p ON p.known_on < w.as_of
)
WHERE age = 1
