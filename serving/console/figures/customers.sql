-- One query a figure of a customer's card: `$row` is the person, or the order. AS_OF and PEOPLE are those of the report's figures.sql.

-- customers.frequency
SELECT frequency FROM features.customers WHERE as_of = AS_OF AND person_id = $row

-- customers.recency_days
SELECT recency_days FROM features.customers WHERE as_of = AS_OF AND person_id = $row

-- customers.spend
SELECT spend FROM features.customers WHERE as_of = AS_OF AND person_id = $row

-- customers.monetary_value
SELECT monetary_value FROM features.customers WHERE as_of = AS_OF AND person_id = $row

-- customers.spend_365d
SELECT spend_365d FROM features.customers WHERE as_of = AS_OF AND person_id = $row

-- customers.clv_12m
SELECT clv_12m FROM insights.clv WHERE as_of = (SELECT max(as_of) FROM insights.clv) AND person_id = $row

-- customers.clv_low_12m
SELECT clv_low_12m FROM insights.clv WHERE as_of = (SELECT max(as_of) FROM insights.clv) AND person_id = $row

-- customers.clv_high_12m
SELECT clv_high_12m FROM insights.clv WHERE as_of = (SELECT max(as_of) FROM insights.clv) AND person_id = $row

-- customers.expected_purchases_12m
SELECT expected_purchases_12m FROM insights.clv WHERE as_of = (SELECT max(as_of) FROM insights.clv) AND person_id = $row

-- customers.p_purchase
SELECT p_purchase FROM insights.predictions WHERE as_of = (SELECT max(as_of) FROM insights.predictions) AND person_id = $row

-- customers.p_churn
SELECT p_churn FROM insights.predictions WHERE as_of = (SELECT max(as_of) FROM insights.predictions) AND person_id = $row

-- customers.category_share
SELECT category_share FROM insights.profiles WHERE as_of = (SELECT max(as_of) FROM insights.profiles) AND person_id = $row

-- customers.brand_share
SELECT brand_share FROM insights.profiles WHERE as_of = (SELECT max(as_of) FROM insights.profiles) AND person_id = $row

-- customers.price_level
SELECT price_level FROM insights.profiles WHERE as_of = (SELECT max(as_of) FROM insights.profiles) AND person_id = $row

-- customers.review_count
SELECT review_count FROM insights.customer_opinions WHERE as_of = (SELECT max(as_of) FROM insights.customer_opinions) AND person_id = $row

-- customers.review_rating
SELECT review_rating FROM insights.customer_opinions WHERE as_of = (SELECT max(as_of) FROM insights.customer_opinions) AND person_id = $row

-- customers.negative_review_count_90d
SELECT negative_review_count_90d FROM insights.customer_opinions WHERE as_of = (SELECT max(as_of) FROM insights.customer_opinions) AND person_id = $row

-- customers.talks
SELECT count(*) FROM (SELECT conversation_id FROM (FROM clean.messages WHERE (customer_id = $row OR customer_id IN (SELECT customer_id FROM PEOPLE WHERE person_id = $row)) AND known_on < AS_OF QUALIFY sum(sign) OVER (PARTITION BY message_id) > 0) GROUP BY conversation_id)

-- customers.complaints_90d
SELECT complaints_90d FROM insights.contacts WHERE as_of = (SELECT max(as_of) FROM insights.contacts) AND person_id = $row

-- customers.delivered
SELECT coalesce(sum(sign), 0) FROM clean.outcomes WHERE (customer_id = $row OR customer_id IN (SELECT customer_id FROM PEOPLE WHERE person_id = $row)) AND known_on < AS_OF AND occurred_on >= AS_OF - 90 AND outcome = 'delivered'

-- customers.clicked
SELECT coalesce(sum(sign), 0) FROM clean.outcomes WHERE (customer_id = $row OR customer_id IN (SELECT customer_id FROM PEOPLE WHERE person_id = $row)) AND known_on < AS_OF AND occurred_on >= AS_OF - 90 AND outcome = 'clicked'

-- customers.converted
SELECT coalesce(sum(sign), 0) FROM clean.outcomes WHERE (customer_id = $row OR customer_id IN (SELECT customer_id FROM PEOPLE WHERE person_id = $row)) AND known_on < AS_OF AND occurred_on >= AS_OF - 90 AND outcome = 'converted'

-- customers.order
SELECT sum(sign * (quantity * unit_price - coalesce(discount, 0))) FROM clean.orders WHERE order_id = $row AND quantity > 0 AND cancelled_at IS NULL AND coalesce(line_type, 'product') = 'product'
