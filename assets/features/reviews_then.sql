-- The last version of each review known before each Monday in `weeks`.
SELECT * EXCLUDE (age)
FROM (
    SELECT
        w.as_of, r.*,
        row_number() OVER (
            PARTITION BY w.as_of, r.review_id ORDER BY r.known_on DESC, r.delivered_on DESC, r.row_no DESC
        ) AS age
    FROM weeks AS w JOIN reviews AS r ON r.known_on < w.as_of
)
WHERE age = 1
