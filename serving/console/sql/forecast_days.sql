-- What is forecast for each coming day: the shop as a whole.
SELECT series, forecast_on, mean, coalesce(low_80, low_95, mean) AS low, coalesce(high_80, high_95, mean) AS high, event_zh, event_en
FROM forecasts
WHERE as_of = getvariable('as_of') AND category IS NULL
ORDER BY series, forecast_on
