-- en: A purchase is an order, its items are the lines; what was sent twice counts once, at the first time. A refund with items returns these,
-- en: one without returns the whole order, on its own day.
-- zh: 一次购买是一个订单，其中的商品是明细；重复发送的只算第一次。带商品的退款退这些商品，不带的退整单，都算在退款当天。
WITH export AS (
    SELECT '' AS user_id, '' AS platform WHERE false
    UNION ALL BY NAME
    SELECT * FROM ga4_events
),

sent AS (
    SELECT
        event_name,
        CAST(ecommerce AS JSON) ->> '$.transaction_id' AS order_id,
        coalesce(nullif(user_id, ''), user_pseudo_id) AS customer_id,
        event_timestamp,
        lower(platform) AS channel,
        from_json(CAST(items AS JSON), '["JSON"]') AS goods
    FROM export
    WHERE event_name IN ('purchase', 'refund')
    QUALIFY row_number() OVER (PARTITION BY event_name, order_id ORDER BY event_timestamp) = 1
),

bought AS (
    SELECT *, unnest(goods) AS item, generate_subscripts(goods, 1) AS line_no FROM sent WHERE event_name = 'purchase'
),

returned AS (
    SELECT order_id, customer_id, event_timestamp, channel, unnest(goods) AS item, generate_subscripts(goods, 1) AS line_no
    FROM sent
    WHERE event_name = 'refund' AND len(goods) > 0
    UNION ALL
    SELECT r.order_id, b.customer_id, r.event_timestamp, r.channel, b.item, b.line_no
    FROM sent AS r
    JOIN bought AS b USING (order_id)
    WHERE r.event_name = 'refund' AND coalesce(len(r.goods), 0) = 0
),

lines AS (
    SELECT order_id, CAST(line_no AS VARCHAR) AS line_no, customer_id, event_timestamp, channel, item, 1 AS way FROM bought
    UNION ALL
    SELECT order_id, 'return ' || line_no, customer_id, event_timestamp, channel, item, -1 FROM returned
)

SELECT
    order_id,
    line_no,
    customer_id,
    coalesce(nullif(item ->> '$.item_id', '(not set)'), item ->> '$.item_name') AS product_id,
    way * coalesce(as_whole(item ->> '$.quantity'), 1) AS quantity,
    item ->> '$.price' AS unit_price,
    event_timestamp AS ordered_at,
    channel
FROM lines
