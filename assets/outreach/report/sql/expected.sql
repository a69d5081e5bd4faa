-- What is forecast for each coming day: the shop as a whole, orders and revenue.
SELECT series, forecast_on, mean, coalesce(low_80, low_95) AS low, coalesce(high_80, high_95) AS high, event_zh, event_en
FROM forecasts
WHERE as_of = getvariable('as_of') AND series IN ('orders', 'revenue')
ORDER BY series, forecast_on
