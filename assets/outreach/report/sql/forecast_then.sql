-- The newest forecasts of the whole shop whose last day is over, against what happened.
SELECT series, forecast_as_of, day_count, forecast, actual, level, wape, covered_80_count
FROM forecast_backtests
WHERE as_of = getvariable('as_of') AND category IS NULL AND series IN ('orders', 'revenue') AND day_count > 0
ORDER BY series, forecast_as_of DESC
