-- The figures of the room Recommendations. `$row` is a list, a list and a source, or a customer and a product.

-- recommendations.customers
SELECT count(DISTINCT person_id) FROM insights.recommendations WHERE as_of = AS_OF AND list = $row
-- recommendations.customer_share
SELECT count(DISTINCT person_id) / (SELECT count(*) FROM features.customers WHERE as_of = AS_OF) FROM insights.recommendations WHERE as_of = AS_OF AND list = $row
-- recommendations.products
SELECT count(DISTINCT product_id) FROM insights.recommendations WHERE as_of = AS_OF AND list = $row
-- recommendations.all_products
SELECT count(*) FILTER (WHERE in_stock IS NOT false) FROM (FROM clean.products WHERE known_on < AS_OF QUALIFY row_number() OVER (PARTITION BY product_id ORDER BY known_on DESC) = 1)
-- recommendations.most_share
SELECT sum(items) / (SELECT count(*) FROM insights.recommendations WHERE as_of = AS_OF AND list = $row) FROM (SELECT count(*) AS items FROM insights.recommendations WHERE as_of = AS_OF AND list = $row GROUP BY product_id ORDER BY items DESC LIMIT 10)
-- recommendations.new_share
SELECT avg(CAST(product_id IN (SELECT product_id FROM clean.products GROUP BY product_id HAVING min(known_on) BETWEEN AS_OF - 28 AND AS_OF - 1) AS INTEGER)) FROM insights.recommendations WHERE as_of = AS_OF AND list = $row
-- recommendations.new_products
SELECT count(*) FROM (SELECT product_id FROM clean.products GROUP BY product_id HAVING min(known_on) BETWEEN AS_OF - 28 AND AS_OF - 1)
-- recommendations.items
SELECT count(*) FROM insights.recommendations WHERE as_of = AS_OF AND list || ' ' || source = $row
-- recommendations.source_customers
SELECT count(DISTINCT person_id) FROM insights.recommendations WHERE as_of = AS_OF AND list || ' ' || source = $row
-- recommendations.impressions
SELECT impression_count FROM insights.recommendation_feedback WHERE as_of = AS_OF AND list || ' ' || source = $row
-- recommendations.clicks
SELECT click_count FROM insights.recommendation_feedback WHERE as_of = AS_OF AND list || ' ' || source = $row
-- recommendations.purchases
SELECT purchase_count FROM insights.recommendation_feedback WHERE as_of = AS_OF AND list || ' ' || source = $row
-- recommendations.click_rate
SELECT click_rate FROM insights.recommendation_feedback WHERE as_of = AS_OF AND list || ' ' || source = $row
-- recommendations.all_impressions
SELECT sum(impression_count) FROM insights.recommendation_feedback WHERE as_of = AS_OF
-- recommendations.lift
SELECT max(lift) FROM insights.recommendation_feedback WHERE as_of = AS_OF AND list = $row
-- recommendations.lift_low
SELECT max(lift_low) FROM insights.recommendation_feedback WHERE as_of = AS_OF AND list = $row
-- recommendations.lift_high
SELECT max(lift_high) FROM insights.recommendation_feedback WHERE as_of = AS_OF AND list = $row
-- recommendations.score
SELECT score FROM insights.recommendations WHERE as_of = AS_OF AND person_id || ' ' || product_id = $row AND list = 'rebuy'
