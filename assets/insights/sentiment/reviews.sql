-- Reviews with their verdicts as of each Monday in `weeks`. Their opinion is that of their words, or of their stars where there is no verdict.
SELECT
    r.*,
    coalesce(
        r.label, CASE WHEN r.rating <= 2 THEN 'negative' WHEN r.rating = 3 THEN 'neutral' WHEN r.rating >= 4 THEN 'positive' END
    ) AS opinion
FROM reviews_then AS r
