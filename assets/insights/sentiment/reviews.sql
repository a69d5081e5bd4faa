-- Reviews with their verdicts as of each Monday: of a review that was changed the last version known before it.
-- Their opinion is that of their words, or of their stars where there is no verdict.
SELECT
    a.as_of, r.*,
    coalesce(
        r.label, CASE WHEN r.rating <= 2 THEN 'negative' WHEN r.rating = 3 THEN 'neutral' WHEN r.rating >= 4 THEN 'positive' END
    ) AS opinion
FROM asked AS a
INNER JOIN (
    SELECT
        *,
        lead(known_on) OVER (PARTITION BY review_id ORDER BY known_on, delivered_on, row_no) AS changed_on
    FROM insights.review_scores
) AS r ON r.known_on < a.as_of AND (r.changed_on IS NULL OR r.changed_on >= a.as_of)
