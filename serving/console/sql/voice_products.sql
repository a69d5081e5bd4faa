-- The products that most reviews of the last four weeks blame, and what for.
SELECT
    s.product_id, p.title, s.reviews, s.negative, a.aspect_zh, a.aspect_en, a.quotes,
    sum(s.negative) OVER () AS negative_count
FROM (
    SELECT product_id, count(*) AS reviews, count(*) FILTER (WHERE label = 'negative') AS negative
    FROM review_scores
    WHERE label IS NOT NULL AND product_id IS NOT NULL AND known_on < getvariable('as_of')
        AND reviewed_on >= getvariable('as_of') - 28 AND reviewed_on < getvariable('as_of')
    GROUP BY product_id
) AS s
LEFT JOIN catalogue AS p USING (product_id)
LEFT JOIN (FROM aspect_trends WHERE as_of = getvariable('as_of') AND complaint_rank = 1) AS a USING (product_id)
WHERE s.negative > 0
ORDER BY s.negative DESC, s.negative / s.reviews DESC, s.product_id
LIMIT 15
