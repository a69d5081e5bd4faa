-- One query a figure of the page, over the published tables, so that whoever doubts a number can ask again. `$row` is what the figure
-- is about: a Monday, a class, a customer, a product. AS_OF, SALES, PEOPLE, AGREED, REFUSING, LEAVING and WEEK are filled in by queries.py.

-- week.orders
SELECT count(DISTINCT order_id) FROM (SELECT order_id FROM SALES WHERE quantity > 0 AND WEEK GROUP BY order_id, customer_id HAVING sum(sign) > 0)
-- week.revenue
SELECT coalesce(sum(sign * amount), 0) FROM SALES WHERE quantity > 0 AND WEEK
-- week.returned
SELECT -coalesce(sum(sign * amount), 0) FROM SALES WHERE quantity < 0 AND WEEK
-- week.customers
SELECT count(DISTINCT coalesce(person_id, customer_id)) FROM (SELECT order_id, customer_id FROM SALES WHERE quantity > 0 AND customer_id IS NOT NULL AND WEEK GROUP BY ALL HAVING sum(sign) > 0) LEFT JOIN PEOPLE USING (customer_id)
-- week.new_customers
SELECT count(*) FROM (SELECT coalesce(person_id, customer_id) AS person FROM (SELECT ordered_on, customer_id, bool_or(WEEK) AS is_known FROM SALES WHERE quantity > 0 AND customer_id IS NOT NULL AND known_on < AS_OF GROUP BY order_id, line_no, ordered_on, customer_id HAVING sum(sign) > 0) LEFT JOIN PEOPLE USING (customer_id) GROUP BY person HAVING min(ordered_on) >= CAST($row AS DATE) - 7 AND bool_or(is_known))
-- week.per_customer
SELECT coalesce(sum(revenue) / nullif(count(DISTINCT coalesce(person_id, customer_id)), 0), 0) FROM (SELECT order_id, customer_id, sum(sign * amount) AS revenue FROM SALES WHERE quantity > 0 AND customer_id IS NOT NULL AND WEEK GROUP BY ALL HAVING sum(sign) > 0) LEFT JOIN PEOPLE USING (customer_id)

-- who.customers
SELECT customer_count FROM insights.rfm_profiles WHERE as_of = AS_OF AND kind = 'class' AND name_en = $row
-- who.customer_share
SELECT customer_share FROM insights.rfm_profiles WHERE as_of = AS_OF AND kind = 'class' AND name_en = $row
-- who.spend_share
SELECT spend_share FROM insights.rfm_profiles WHERE as_of = AS_OF AND kind = 'class' AND name_en = $row
-- who.spend_90d
SELECT spend_90d FROM insights.rfm_profiles WHERE as_of = AS_OF AND kind = 'class' AND name_en = $row
-- who.up
SELECT coalesce(sum(customer_count), 0) FROM MOVES WHERE before > position
-- who.up_spend
SELECT coalesce(sum(spend_90d), 0) FROM MOVES WHERE before > position
-- who.down
SELECT coalesce(sum(customer_count), 0) FROM MOVES WHERE before < position
-- who.down_spend
SELECT coalesce(sum(spend_90d), 0) FROM MOVES WHERE before < position
-- who.moved
SELECT customer_count FROM insights.rfm_moves WHERE as_of = AS_OF AND kind = 'group' AND from_en || ' > ' || to_en = $row
-- who.moved_spend
SELECT spend_90d FROM insights.rfm_moves WHERE as_of = AS_OF AND kind = 'group' AND from_en || ' > ' || to_en = $row

-- leaving.customers
SELECT count(*) FROM LEAVING
-- leaving.worth
SELECT sum(worth) FROM LEAVING
-- leaving.spend
SELECT sum(spend_365d) FROM LEAVING
-- leaving.spend_share
SELECT sum(spend_365d) / (SELECT sum(spend_365d) FROM features.customers WHERE as_of = AS_OF) FROM LEAVING
-- leaving.reason
SELECT count(*) FROM LEAVING WHERE regexp_matches(reasons_en, $row)
-- leaving.p_churn
SELECT p_churn FROM insights.predictions WHERE as_of = AS_OF AND person_id = $row
-- leaving.clv_3m
SELECT clv_3m FROM insights.clv WHERE as_of = AS_OF AND person_id = $row
-- leaving.clv_6m
SELECT clv_6m FROM insights.clv WHERE as_of = AS_OF AND person_id = $row
-- leaving.clv_12m
SELECT clv_12m FROM insights.clv WHERE as_of = AS_OF AND person_id = $row
-- leaving.spend_365d
SELECT spend_365d FROM features.customers WHERE as_of = AS_OF AND person_id = $row
-- leaving.purchases_365d
SELECT purchases_365d FROM features.customers WHERE as_of = AS_OF AND person_id = $row

-- alerts.count
SELECT count(*) FROM outreach.alerts WHERE as_of = AS_OF
-- alerts.at_stake
SELECT coalesce(sum(at_stake), 0) FROM outreach.alerts WHERE as_of = AS_OF
-- alerts.of_cause
SELECT count(*) FROM outreach.alerts WHERE as_of = AS_OF AND cause = $row
-- alerts.of_cause_at_stake
SELECT coalesce(sum(at_stake), 0) FROM outreach.alerts WHERE as_of = AS_OF AND cause = $row
-- alerts.one
SELECT arg_max(at_stake, as_of) FROM outreach.alerts WHERE alert_id = $row

-- lists.keep
SELECT count(*) FROM LEAVING
-- lists.keep_reachable
SELECT count(*) FROM LEAVING WHERE person_id IN AGREED
-- lists.win_back
SELECT count(*) FROM insights.rfm WHERE as_of = AS_OF AND r_score <= 2 AND HIGH_SCORE >= 4 AND person_id NOT IN (SELECT person_id FROM LEAVING) AND person_id NOT IN REFUSING
-- lists.win_back_reachable
SELECT count(*) FROM insights.rfm WHERE as_of = AS_OF AND r_score <= 2 AND HIGH_SCORE >= 4 AND person_id NOT IN (SELECT person_id FROM LEAVING) AND person_id IN AGREED AND person_id NOT IN REFUSING
-- lists.second
SELECT count(*) FROM features.customers WHERE as_of = AS_OF AND frequency = 1 AND recency_days BETWEEN 8 AND HORIZON AND person_id NOT IN REFUSING
-- lists.second_reachable
SELECT count(*) FROM features.customers WHERE as_of = AS_OF AND frequency = 1 AND recency_days BETWEEN 8 AND HORIZON AND person_id IN AGREED AND person_id NOT IN REFUSING
-- lists.rebuy
SELECT count(DISTINCT person_id) FROM insights.recommendations WHERE as_of = AS_OF AND list = 'rebuy' AND due_on < as_of + 7 AND score >= 0.05 AND person_id NOT IN REFUSING
-- lists.rebuy_reachable
SELECT count(DISTINCT person_id) FROM insights.recommendations WHERE as_of = AS_OF AND list = 'rebuy' AND due_on < as_of + 7 AND score >= 0.05 AND person_id IN AGREED AND person_id NOT IN REFUSING

-- sold.pieces
SELECT sum(sign * quantity) FROM SALES WHERE quantity > 0 AND known_on < AS_OF AND ordered_on BETWEEN AS_OF - 7 AND AS_OF - 1 AND product_id = $row
-- sold.revenue
SELECT sum(sign * amount) FROM SALES WHERE quantity > 0 AND known_on < AS_OF AND ordered_on BETWEEN AS_OF - 7 AND AS_OF - 1 AND product_id = $row
-- sold.category
SELECT coalesce(sum(sign * quantity), 0) FROM SALES WHERE quantity > 0 AND known_on < AS_OF AND ordered_on BETWEEN AS_OF - 7 AND AS_OF - 1 AND product_id IN (SELECT product_id FROM (FROM clean.products WHERE known_on < AS_OF QUALIFY row_number() OVER (PARTITION BY product_id ORDER BY known_on DESC) = 1) WHERE category = $row)
-- sold.visits
SELECT visit_count FROM insights.funnels WHERE as_of = AS_OF AND cut = 'shop' AND step = 'view'
-- sold.carted
SELECT visit_count FROM insights.funnels WHERE as_of = AS_OF AND cut = 'shop' AND step = 'cart'
-- sold.ordered
SELECT visit_count FROM insights.funnels WHERE as_of = AS_OF AND cut = 'shop' AND step = 'order'
-- sold.conversion
SELECT view_share FROM insights.funnels WHERE as_of = AS_OF AND cut = 'shop' AND step = 'order'
-- sold.demand
SELECT sum(mean) FROM insights.forecasts WHERE as_of = AS_OF AND series = 'demand' AND category = $row
-- sold.revenue_mean
SELECT sum(mean) FROM insights.forecasts WHERE as_of = AS_OF AND series = 'revenue'
-- sold.revenue_low
SELECT arg_max(low_80, day_count) FROM insights.forecast_totals WHERE as_of = AS_OF AND series = 'revenue' AND category IS NULL
-- sold.revenue_high
SELECT arg_max(high_80, day_count) FROM insights.forecast_totals WHERE as_of = AS_OF AND series = 'revenue' AND category IS NULL
-- sold.revenue_week
SELECT sum(mean) FROM insights.forecasts WHERE as_of = AS_OF AND series = 'revenue' AND date_trunc('week', forecast_on) = CAST($row AS DATE)
-- sold.orders_mean
SELECT sum(mean) FROM insights.forecasts WHERE as_of = AS_OF AND series = 'orders'
-- sold.orders_low
SELECT arg_max(low_80, day_count) FROM insights.forecast_totals WHERE as_of = AS_OF AND series = 'orders' AND category IS NULL
-- sold.orders_high
SELECT arg_max(high_80, day_count) FROM insights.forecast_totals WHERE as_of = AS_OF AND series = 'orders' AND category IS NULL
-- sold.orders_week
SELECT sum(mean) FROM insights.forecasts WHERE as_of = AS_OF AND series = 'orders' AND date_trunc('week', forecast_on) = CAST($row AS DATE)
-- sold.day_revenue
SELECT coalesce(sum(sign * amount), 0) FROM SALES WHERE quantity > 0 AND known_on < AS_OF AND ordered_on = CAST($row AS DATE)
-- sold.day_orders
SELECT count(DISTINCT order_id) FROM (SELECT order_id FROM SALES WHERE quantity > 0 AND known_on < AS_OF AND ordered_on = CAST($row AS DATE) GROUP BY order_id HAVING sum(sign) > 0)
-- sold.expected_revenue
SELECT mean FROM insights.forecasts WHERE as_of = AS_OF AND series = 'revenue' AND forecast_on = CAST($row AS DATE)
-- sold.expected_orders
SELECT mean FROM insights.forecasts WHERE as_of = AS_OF AND series = 'orders' AND forecast_on = CAST($row AS DATE)

-- voice.reviews
SELECT count(label) FROM insights.review_scores WHERE known_on < AS_OF AND reviewed_on BETWEEN AS_OF - 28 AND AS_OF - 1
-- voice.positive
SELECT avg(CAST(label = 'positive' AS INTEGER)) FROM insights.review_scores WHERE known_on < AS_OF AND reviewed_on BETWEEN AS_OF - 28 AND AS_OF - 1
-- voice.positive_before
SELECT avg(CAST(label = 'positive' AS INTEGER)) FROM insights.review_scores WHERE known_on < AS_OF AND reviewed_on BETWEEN AS_OF - 112 AND AS_OF - 29
-- voice.mentions
SELECT mention_count FROM insights.aspect_trends WHERE as_of = AS_OF AND product_id IS NULL AND aspect = $row
-- voice.praised_share
SELECT praised_share FROM insights.aspect_trends WHERE as_of = AS_OF AND product_id IS NULL AND aspect = $row
-- voice.praised_share_before
SELECT praised_share_before FROM insights.aspect_trends WHERE as_of = AS_OF AND product_id IS NULL AND aspect = $row
-- voice.blamed
SELECT blamed_count FROM insights.aspect_trends WHERE as_of = AS_OF AND product_id IS NULL AND aspect = $row
-- voice.blamed_share
SELECT blamed_count / mention_count FROM insights.aspect_trends WHERE as_of = AS_OF AND product_id IS NULL AND aspect = $row

-- service.conversations
SELECT conversation_count FROM insights.service_quality WHERE as_of = AS_OF AND channel IS NULL
-- service.first_reply
SELECT first_reply_median_seconds FROM insights.service_quality WHERE as_of = AS_OF AND channel IS NULL
-- service.first_reply_minutes
SELECT first_reply_median_seconds / 60.0 FROM insights.service_quality WHERE as_of = AS_OF AND channel IS NULL
-- service.first_reply_hours
SELECT first_reply_median_seconds / 3600.0 FROM insights.service_quality WHERE as_of = AS_OF AND channel IS NULL
-- service.settled
SELECT settled_count FROM insights.service_quality WHERE as_of = AS_OF AND channel IS NULL
-- service.deflected
SELECT deflected_share FROM insights.service_quality WHERE as_of = AS_OF AND channel IS NULL
-- service.reason
SELECT conversation_count FROM insights.contact_reasons WHERE as_of = AS_OF AND product_id IS NULL AND intent = $row
-- service.reason_usual
SELECT usual_count FROM insights.contact_reasons WHERE as_of = AS_OF AND product_id IS NULL AND intent = $row
-- service.gap
SELECT conversation_count FROM insights.unanswered_questions WHERE as_of = AS_OF AND place = CAST($row AS INTEGER)

-- trust.revenue_forecast
SELECT forecast FROM insights.forecast_backtests WHERE as_of = AS_OF AND series = 'revenue' AND category IS NULL
-- trust.revenue_actual
SELECT actual FROM insights.forecast_backtests WHERE as_of = AS_OF AND series = 'revenue' AND category IS NULL
-- trust.revenue_wape
SELECT wape FROM insights.forecast_backtests WHERE as_of = AS_OF AND series = 'revenue' AND category IS NULL
-- trust.revenue_days
SELECT day_count FROM insights.forecast_backtests WHERE as_of = AS_OF AND series = 'revenue' AND category IS NULL
-- trust.revenue_covered
SELECT covered_80_count FROM insights.forecast_backtests WHERE as_of = AS_OF AND series = 'revenue' AND category IS NULL
-- trust.orders_forecast
SELECT forecast FROM insights.forecast_backtests WHERE as_of = AS_OF AND series = 'orders' AND category IS NULL
-- trust.orders_actual
SELECT actual FROM insights.forecast_backtests WHERE as_of = AS_OF AND series = 'orders' AND category IS NULL
-- trust.orders_wape
SELECT wape FROM insights.forecast_backtests WHERE as_of = AS_OF AND series = 'orders' AND category IS NULL
-- trust.orders_days
SELECT day_count FROM insights.forecast_backtests WHERE as_of = AS_OF AND series = 'orders' AND category IS NULL
-- trust.orders_covered
SELECT covered_80_count FROM insights.forecast_backtests WHERE as_of = AS_OF AND series = 'orders' AND category IS NULL
-- trust.scored
SELECT arg_max(customer_count, scored_as_of) FROM insights.prediction_backtests WHERE as_of = AS_OF
-- trust.predicted
SELECT arg_max(mean_score, scored_as_of) FROM insights.prediction_backtests WHERE as_of = AS_OF
-- trust.realised
SELECT arg_max(realised_rate, scored_as_of) FROM insights.prediction_backtests WHERE as_of = AS_OF
-- trust.auc
SELECT arg_max(auc, scored_as_of) FROM insights.prediction_backtests WHERE as_of = AS_OF
-- trust.quarantined
SELECT sum(row_count) FROM ops.quarantine_counts WHERE delivered_on BETWEEN AS_OF - 7 AND AS_OF - 1
-- trust.quarantined_reason
SELECT sum(row_count) FROM ops.quarantine_counts WHERE delivered_on BETWEEN AS_OF - 7 AND AS_OF - 1 AND source_table || ': ' || reason = $row
-- trust.refused
SELECT count(DISTINCT table_name || partition_key) FROM ops.refusals WHERE partition_key <= CAST(AS_OF AS VARCHAR)
