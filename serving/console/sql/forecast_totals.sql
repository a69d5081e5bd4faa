-- What is forecast in sum, of the whole shop and by category, with the interval of each sum and how often such intervals held.
SELECT series, category, day_count, last_on, mean, low_80 AS low, high_80 AS high, judged_count, covered_80_count AS covered_count
FROM forecast_totals
WHERE as_of = getvariable('as_of') AND (category IS NULL OR series = 'demand')
ORDER BY series, category, day_count
