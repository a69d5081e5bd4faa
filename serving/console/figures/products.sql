-- The figures of the room Products. `$row` is a product; a Monday and a product; two products with a plus between them; an aspect and a product.

-- products.pieces
SELECT coalesce(sum(sign * quantity), 0) FROM SALES WHERE quantity > 0 AND known_on < AS_OF AND ordered_on BETWEEN AS_OF - 7 AND AS_OF - 1 AND product_id = $row
-- products.revenue
SELECT coalesce(sum(sign * amount), 0) FROM SALES WHERE quantity > 0 AND known_on < AS_OF AND ordered_on BETWEEN AS_OF - 7 AND AS_OF - 1 AND product_id = $row
-- products.usual
SELECT median(coalesce(pieces, 0)) FROM (SELECT unnest(MONDAYS) AS monday) LEFT JOIN (SELECT CAST(date_trunc('week', ordered_on) AS DATE) + 7 AS monday, sum(sign * quantity) AS pieces FROM SALES WHERE quantity > 0 AND product_id = $row AND known_on < CAST(date_trunc('week', ordered_on) AS DATE) + 7 GROUP BY ALL) USING (monday)
-- products.week_pieces
SELECT coalesce(sum(sign * quantity), 0) FROM SALES WHERE quantity > 0 AND known_on < CAST(left($row, 10) AS DATE) AND ordered_on BETWEEN CAST(left($row, 10) AS DATE) - 7 AND CAST(left($row, 10) AS DATE) - 1 AND product_id = $row[12:]
-- products.week_revenue
SELECT coalesce(sum(sign * amount), 0) FROM SALES WHERE quantity > 0 AND known_on < CAST(left($row, 10) AS DATE) AND ordered_on BETWEEN CAST(left($row, 10) AS DATE) - 7 AND CAST(left($row, 10) AS DATE) - 1 AND product_id = $row[12:]
-- products.sold
SELECT count(*) FROM (SELECT product_id FROM SALES WHERE quantity > 0 AND known_on < AS_OF AND ordered_on BETWEEN AS_OF - 7 AND AS_OF - 1 GROUP BY product_id HAVING sum(sign * quantity) > 0)
-- products.price
SELECT arg_max(price, known_on) FROM clean.products WHERE known_on < AS_OF AND product_id = $row
-- products.judged
SELECT count(*) FROM insights.product_satisfaction WHERE as_of = AS_OF AND product_id IS NOT NULL AND positive_share IS NOT NULL
-- products.shop_praise
SELECT sum(positive_count) / sum(positive_count + neutral_count + negative_count) FROM insights.product_satisfaction WHERE as_of = AS_OF AND product_id IS NOT NULL AND positive_share IS NOT NULL
-- products.poor
SELECT count(*) FROM insights.product_satisfaction WHERE as_of = AS_OF AND product_id IS NOT NULL AND positive_share_high < (SELECT sum(positive_count) / sum(positive_count + neutral_count + negative_count) FROM insights.product_satisfaction WHERE as_of = AS_OF AND product_id IS NOT NULL AND positive_share IS NOT NULL)
-- products.reviews
SELECT review_count FROM insights.product_satisfaction WHERE as_of = AS_OF AND product_id = $row
-- products.rating
SELECT rating FROM insights.product_satisfaction WHERE as_of = AS_OF AND product_id = $row
-- products.negative
SELECT negative_count FROM insights.product_satisfaction WHERE as_of = AS_OF AND product_id = $row
-- products.praise
SELECT positive_share FROM insights.product_satisfaction WHERE as_of = AS_OF AND product_id = $row
-- products.praise_low
SELECT positive_share_low FROM insights.product_satisfaction WHERE as_of = AS_OF AND product_id = $row
-- products.praise_high
SELECT positive_share_high FROM insights.product_satisfaction WHERE as_of = AS_OF AND product_id = $row
-- products.reviews_90d
SELECT review_count_90d FROM insights.product_satisfaction WHERE as_of = AS_OF AND product_id = $row
-- products.praise_90d
SELECT positive_share_90d FROM insights.product_satisfaction WHERE as_of = AS_OF AND product_id = $row
-- products.worst
SELECT worst_aspect_count FROM insights.product_satisfaction WHERE as_of = AS_OF AND product_id = $row
-- products.mentions
SELECT mention_count FROM insights.aspect_trends WHERE as_of = AS_OF AND aspect || ' ' || product_id = $row
-- products.praised
SELECT praised_count FROM insights.aspect_trends WHERE as_of = AS_OF AND aspect || ' ' || product_id = $row
-- products.blamed
SELECT blamed_count FROM insights.aspect_trends WHERE as_of = AS_OF AND aspect || ' ' || product_id = $row
-- products.mentions_before
SELECT mention_count_before FROM insights.aspect_trends WHERE as_of = AS_OF AND aspect || ' ' || product_id = $row
-- products.praise_before
SELECT praised_share_before FROM insights.aspect_trends WHERE as_of = AS_OF AND aspect || ' ' || product_id = $row
-- products.pairs
SELECT count(*) FROM (SELECT DISTINCT least(product_id, other_product_id), greatest(product_id, other_product_id) FROM insights.bought_together WHERE as_of = AS_OF)
-- products.orders_with
SELECT order_count FROM insights.bought_together WHERE as_of = AS_OF AND product_id || ' + ' || other_product_id = $row
-- products.support
SELECT support_share FROM insights.bought_together WHERE as_of = AS_OF AND product_id || ' + ' || other_product_id = $row
-- products.confidence
SELECT confidence_share FROM insights.bought_together WHERE as_of = AS_OF AND product_id || ' + ' || other_product_id = $row
-- products.lift
SELECT lift FROM insights.bought_together WHERE as_of = AS_OF AND product_id || ' + ' || other_product_id = $row
-- products.similarity
SELECT score FROM insights.similar_products WHERE as_of = AS_OF AND product_id || ' + ' || other_product_id = $row
-- products.visits
SELECT visit_count FROM insights.funnels WHERE as_of = AS_OF AND step = 'view' AND cut || ' ' || coalesce(name, '') = $row
-- products.carted
SELECT share FROM insights.funnels WHERE as_of = AS_OF AND step = 'cart' AND cut || ' ' || coalesce(name, '') = $row
-- products.ordered
SELECT share FROM insights.funnels WHERE as_of = AS_OF AND step = 'order' AND cut || ' ' || coalesce(name, '') = $row
-- products.conversion
SELECT view_share FROM insights.funnels WHERE as_of = AS_OF AND step = 'order' AND cut || ' ' || coalesce(name, '') = $row
-- products.conversion_low
SELECT view_share_low FROM insights.funnels WHERE as_of = AS_OF AND step = 'order' AND cut || ' ' || coalesce(name, '') = $row
-- products.conversion_high
SELECT view_share_high FROM insights.funnels WHERE as_of = AS_OF AND step = 'order' AND cut || ' ' || coalesce(name, '') = $row
