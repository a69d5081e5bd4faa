-- The newest reviews with stars and words that were known before a day, each in its last version.
SELECT text, rating
FROM (
    SELECT
        *, row_number() OVER (PARTITION BY review_id ORDER BY known_on DESC, delivered_on DESC, row_no DESC) AS age
    FROM clean.reviews
    WHERE sign = 1 AND known_on < $day
)
WHERE age = 1 AND rating BETWEEN 1 AND 5 AND text IS NOT NULL
ORDER BY known_on DESC, review_id
LIMIT $most
