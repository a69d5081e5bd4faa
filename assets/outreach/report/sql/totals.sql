-- What is forecast for the whole horizon in sum, with the interval of the sum: the shop as a whole, orders and revenue.
SELECT series, mean, low_80 AS low, high_80 AS high
FROM forecast_totals
WHERE as_of = getvariable('as_of') AND category IS NULL AND series IN ('orders', 'revenue')
QUALIFY day_count = max(day_count) OVER (PARTITION BY series)
ORDER BY series
