-- The known events of the week, as forecasts of earlier weeks name them.
SELECT event_zh, event_en
FROM forecasts
WHERE forecast_on >= getvariable('as_of') - 7 AND forecast_on < getvariable('as_of') AND event_en IS NOT NULL
GROUP BY event_zh, event_en
ORDER BY min(forecast_on), event_en
