-- en: A row is a product of an order, and the order's amounts stand on each. Lines have no number: they are numbered by what they say. Two equal
-- en: ones of a file are two; an order in two files is one.
-- en: 结算金额 is what the order came to; what it is below the prices is shared among the lines by amount, to the cent.
-- zh: 一行是订单里的一个商品，订单的金额在每一行重复。明细没有行号：按内容编号；同一文件里两行相同算两行，订单出现在两个文件里只算一次。
-- zh: 结算金额是整单的货款；比标价之和少的部分按金额分摊到各行，精确到分。
WITH export AS (
    SELECT '' AS "结算金额", '' AS "付款确认时间", '' AS "订单完成时间", '' AS "订单渠道", '' AS file_name WHERE false
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
        copy_no,
        max(nullif(trim("下单帐号"), '')) AS customer_id,
        max(nullif("下单时间", '')) AS ordered_at,
        max(nullif("付款确认时间", '')) AS paid_at,
        max(nullif("订单完成时间", '')) AS delivered_at,
        max("订单状态") AS state,
        max(nullif("订单渠道", '')) AS channel,
        max(CAST(as_amount("结算金额") AS DOUBLE)) AS goods
    FROM (SELECT *, row_number() OVER (PARTITION BY "订单号", "商品ID", "订购数量", "京东价", file_name) AS copy_no FROM export)
    GROUP BY 1, 2, 3, 4, 5, 6
),

summed AS (
    SELECT
        *,
        row_number() OVER in_order AS line_no,
        sum(amount) OVER in_order AS up_to_here,
        sum(amount) OVER (PARTITION BY order_id) AS gross
    FROM lines
    WINDOW in_order AS (PARTITION BY order_id ORDER BY product_id, unit_price, quantity, copy_no)
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
