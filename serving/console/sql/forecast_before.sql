-- The newest forecasts whose last day is over against what happened, and how often those of earlier weeks were nearer than repeating last week.
SELECT
    series, category, forecast_as_of, day_count, forecast, actual, level, wape, mase, naive_mase,
    count(*) FILTER (WHERE mase IS NOT NULL AND naive_mase IS NOT NULL) OVER (PARTITION BY series, category) AS judged_count,
    count(*) FILTER (WHERE mase < naive_mase) OVER (PARTITION BY series, category) AS nearer_count
FROM forecast_backtests
WHERE day_count > 0 AND actual > 0
QUALIFY as_of = getvariable('as_of')
ORDER BY category NULLS FIRST, series
