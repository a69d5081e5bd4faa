-- en: One row an item. Freight is left out: it is charged for the seller's carrier.
-- en: The files hold no instant of cancellation, only the final status. What matters is that a cancelled line is no sale, so
-- en: the last instant at which the order surely stood takes its place: approval, else purchase.
-- en: Left joins: an item without its order is seen in quarantine, one without its account as a guest's; none is lost.
-- zh: 一行是一件商品。运费不算：那是替卖家的承运人收的。
-- zh: 文件里没有取消的时刻，只有最后的状态。要紧的是取消的明细不算销售，所以取
-- zh: 订单确实还成立的最后时刻：付款确认，没有就用下单。
-- zh: 左连接：没有订单的明细进隔离区，没有账号的算散客；一行不丢。
SELECT
    i.order_id,
    i.order_item_id AS line_no,
    a.customer_unique_id AS customer_id,
    i.product_id,
    1 AS quantity,
    i.price AS unit_price,
    o.order_purchase_timestamp AS ordered_at,
    o.order_approved_at AS paid_at,
    o.order_delivered_carrier_date AS shipped_at,
    o.order_delivered_customer_date AS delivered_at,
    CASE
        WHEN o.order_status IN ('canceled', 'unavailable') THEN coalesce(o.order_approved_at, o.order_purchase_timestamp)
    END AS cancelled_at
FROM items AS i
LEFT JOIN orders AS o ON o.order_id = i.order_id
LEFT JOIN accounts AS a ON a.customer_id = o.customer_id
ORDER BY i.order_id, i.order_item_id
