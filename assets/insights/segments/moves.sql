-- Who went from which segment to which in the week before each Monday in `asked`. `before` holds the segments a week earlier.
SELECT
    coalesce(now.as_of, b.as_of + 7) AS as_of,
    b.segment_id AS from_segment_id, b.segment_zh AS from_segment_zh, b.segment_en AS from_segment_en,
    now.segment_id AS to_segment_id, now.segment_zh AS to_segment_zh, now.segment_en AS to_segment_en,
    count(*) AS customer_count,
    coalesce(sum(now.spend_90d), 0) AS spend_90d,
    bool_or(coalesce(now.fitted_as_of <> b.fitted_as_of, false)) AS is_refit
FROM (
    SELECT s.as_of, s.person_id, s.segment_id, s.segment_zh, s.segment_en, s.fitted_as_of, c.spend_90d
    FROM asked
    JOIN insights.segments AS s USING (as_of)
    JOIN customers AS c ON c.as_of = s.as_of AND c.person_id = s.person_id
) AS now
FULL JOIN before AS b ON b.person_id = now.person_id AND b.as_of + 7 = now.as_of
GROUP BY coalesce(now.as_of, b.as_of + 7), b.segment_id, b.segment_zh, b.segment_en, now.segment_id, now.segment_zh, now.segment_en
