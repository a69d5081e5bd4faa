-- A row is a product of an order, and the order's amounts stand on each. Lines have no number: the product names them within the order.
-- 结算金额 is what the order came to; what it is below the prices is shared among the lines by amount, to the cent.
WITH export AS (
    SELECT '' AS "结算金额", '' AS "付款确认时间", '' AS "订单完成时间", '' AS "订单渠道" WHERE false
    UNION ALL BY NAME
    SELECT * FROM order_export
),

lines AS (
    SELECT
        regexp_replace("订单号", '[^0-9A-Za-z-]', '', 'g') AS order_id,
        trim("商品ID", ' ="''') AS product_id,
        "订购数量" AS quantity,
        "京东价" AS unit_price,
        CAST(as_whole("订购数量") AS DOUBLE) * CAST(as_amount("京东价") AS DOUBLE) AS amount,
        max(nullif(trim("下单帐号"), '')) AS customer_id,
        max(nullif("下单时间", '')) AS ordered_at,
        max(nullif("付款确认时间", '')) AS paid_at,
        max(nullif("订单完成时间", '')) AS delivered_at,
        max("订单状态") AS state,
        max(nullif("订单渠道", '')) AS channel,
        max(CAST(as_amount("结算金额") AS DOUBLE)) AS goods
    FROM export
    GROUP BY 1, 2, 3, 4, 5
),

summed AS (
    SELECT
        *,
        row_number() OVER in_order AS line_no,
        sum(amount) OVER in_order AS up_to_here,
        sum(amount) OVER (PARTITION BY order_id) AS gross
    FROM lines
    WINDOW in_order AS (PARTITION BY order_id ORDER BY product_id, unit_price, quantity)
)

SELECT
    order_id,
    line_no,
    customer_id,
    product_id,
    quantity,
    unit_price,
    CASE WHEN gross > 0 AND goods BETWEEN 0 AND gross THEN
        round((gross - goods) * up_to_here / gross, 2) - round((gross - goods) * (up_to_here - amount) / gross, 2)
    END AS discount,
    ordered_at,
    paid_at,
    delivered_at,
    CASE WHEN state LIKE '%删除%' OR state LIKE '%取消%' OR state LIKE '%等待付款%' THEN ordered_at END AS cancelled_at,
    channel
FROM summed
