-- The figures of the room Forecast. `$row` is what the figure is about: a series and a number of days, a series and a day, a category.
-- forecast.mean
SELECT mean FROM insights.forecast_totals WHERE as_of = AS_OF AND category IS NULL AND series || ' ' || day_count = $row
-- forecast.category_mean
SELECT mean FROM insights.forecast_totals WHERE as_of = AS_OF AND series = 'demand' AND category || ' ' || day_count = $row
-- forecast.low
SELECT low_80 FROM insights.forecast_totals WHERE as_of = AS_OF AND category IS NULL AND series || ' ' || day_count = $row
-- forecast.category_low
SELECT low_80 FROM insights.forecast_totals WHERE as_of = AS_OF AND series = 'demand' AND category || ' ' || day_count = $row
-- forecast.high
SELECT high_80 FROM insights.forecast_totals WHERE as_of = AS_OF AND category IS NULL AND series || ' ' || day_count = $row
-- forecast.category_high
SELECT high_80 FROM insights.forecast_totals WHERE as_of = AS_OF AND series = 'demand' AND category || ' ' || day_count = $row
-- forecast.judged
SELECT judged_count FROM insights.forecast_totals WHERE as_of = AS_OF AND category IS NULL AND series || ' ' || day_count = $row
-- forecast.category_judged
SELECT judged_count FROM insights.forecast_totals WHERE as_of = AS_OF AND series = 'demand' AND category || ' ' || day_count = $row
-- forecast.covered
SELECT covered_80_count FROM insights.forecast_totals WHERE as_of = AS_OF AND category IS NULL AND series || ' ' || day_count = $row
-- forecast.category_covered
SELECT covered_80_count FROM insights.forecast_totals WHERE as_of = AS_OF AND series = 'demand' AND category || ' ' || day_count = $row
-- forecast.day
SELECT mean FROM insights.forecasts WHERE as_of = AS_OF AND category IS NULL AND series || ' ' || forecast_on = $row
-- forecast.day_low
SELECT coalesce(low_80, low_95, mean) FROM insights.forecasts WHERE as_of = AS_OF AND category IS NULL AND series || ' ' || forecast_on = $row
-- forecast.day_high
SELECT coalesce(high_80, high_95, mean) FROM insights.forecasts WHERE as_of = AS_OF AND category IS NULL AND series || ' ' || forecast_on = $row
-- forecast.customers_then
SELECT count(DISTINCT customer_id) FROM (SELECT order_id, customer_id FROM SALES WHERE quantity > 0 AND known_on < AS_OF AND ordered_on = CAST($row AS DATE) GROUP BY ALL HAVING sum(sign) > 0)
-- forecast.category_sold
SELECT sum(sign * quantity) FROM SALES WHERE quantity > 0 AND known_on < AS_OF AND ordered_on BETWEEN AS_OF - 28 AND AS_OF - 1 AND product_id IN (SELECT product_id FROM (FROM clean.products WHERE known_on < AS_OF QUALIFY row_number() OVER (PARTITION BY product_id ORDER BY known_on DESC) = 1) WHERE category = $row)
-- forecast.then
SELECT forecast FROM insights.forecast_backtests WHERE as_of = AS_OF AND series || coalesce(' ' || category, '') = $row
-- forecast.came
SELECT actual FROM insights.forecast_backtests WHERE as_of = AS_OF AND series || coalesce(' ' || category, '') = $row
-- forecast.wape
SELECT wape FROM insights.forecast_backtests WHERE as_of = AS_OF AND series || coalesce(' ' || category, '') = $row
-- forecast.beside_naive
SELECT 1 - mase / naive_mase FROM insights.forecast_backtests WHERE as_of = AS_OF AND series || coalesce(' ' || category, '') = $row
-- forecast.compared
SELECT count(*) FROM insights.forecast_backtests WHERE day_count > 0 AND actual > 0 AND series || coalesce(' ' || category, '') = $row AND mase IS NOT NULL AND naive_mase IS NOT NULL
-- forecast.nearer
SELECT count(*) FROM insights.forecast_backtests WHERE day_count > 0 AND actual > 0 AND series || coalesce(' ' || category, '') = $row AND mase < naive_mase
-- forecast.spend
SELECT expected_spend FROM insights.forecast_agreement WHERE as_of = AS_OF
-- forecast.known_revenue
SELECT revenue * known_share FROM insights.forecast_agreement WHERE as_of = AS_OF
-- forecast.agreement
SELECT spend_to_known_revenue FROM insights.forecast_agreement WHERE as_of = AS_OF
-- forecast.new_share
SELECT new_share FROM insights.forecast_agreement WHERE as_of = AS_OF
-- forecast.guest_share
SELECT guest_share FROM insights.forecast_agreement WHERE as_of = AS_OF
