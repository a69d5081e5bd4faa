-- Reviews with stars and words as they were known before the Monday in `weeks`.
SELECT review_id, text, rating, known_on
FROM reviews_then
WHERE rating BETWEEN 1 AND 5 AND text IS NOT NULL
