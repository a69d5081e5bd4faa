-- Pieces forecast for each category over all coming days.
SELECT category, sum(mean) AS pieces, count(*) AS day_count
FROM forecasts
WHERE as_of = getvariable('as_of') AND series = 'demand' AND category IS NOT NULL
GROUP BY category
ORDER BY category
