-- Reviews with an opinion of each of the last 26 whole weeks, and the share that praises with its 95% interval (Wilson).
SELECT
    week, reviews, positive, positive / reviews AS share,
    greatest((positive + 1.9207) / (reviews + 3.8415) - 1.96 * sqrt(positive * (reviews - positive) / reviews + 0.9604) / (reviews + 3.8415), 0) AS low,
    least((positive + 1.9207) / (reviews + 3.8415) + 1.96 * sqrt(positive * (reviews - positive) / reviews + 0.9604) / (reviews + 3.8415), 1) AS high
FROM (
    SELECT CAST(date_trunc('week', reviewed_on) AS DATE) AS week, count(*) AS reviews, count(*) FILTER (WHERE label = 'positive') AS positive
    FROM review_scores
    WHERE label IS NOT NULL AND known_on < getvariable('as_of')
        AND reviewed_on >= getvariable('as_of') - 182 AND reviewed_on < getvariable('as_of')
    GROUP BY week
)
ORDER BY week
