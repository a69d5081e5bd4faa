-- Reviews with a verdict, and those that praise or blame: of the last four weeks and of the twelve before.
SELECT
    reviewed_on >= getvariable('as_of') - 28 AS is_now,
    count(*) AS reviews,
    count(*) FILTER (WHERE label = 'positive') AS positive,
    count(*) FILTER (WHERE label = 'negative') AS negative
FROM review_scores
WHERE label IS NOT NULL AND known_on < getvariable('as_of')
    AND reviewed_on >= getvariable('as_of') - 112 AND reviewed_on < getvariable('as_of')
GROUP BY is_now
ORDER BY is_now DESC
