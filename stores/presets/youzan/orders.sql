-- en: A row of the item report is a line: no number of its own, so lines are numbered by what they say. Two equal ones of a file are two; an
-- en: order in two files is one. Its order stands in the order report.
-- zh: 商品报表的一行是一条明细，没有行号：按内容编号；同一文件里两行相同算两行，订单出现在两个文件里只算一次。订单在订单报表里。
WITH list AS (
    SELECT '' AS "收货人手机号/提货人手机号", '' AS "买家昵称", '' AS "交易成功时间", '' AS "订单来源" WHERE false
    UNION ALL BY NAME
    SELECT * FROM order_list
),

heads AS (
    SELECT
        trim("订单号") AS order_id,
        max(coalesce(nullif(trim("买家手机号"), ''), nullif(trim("收货人手机号/提货人手机号"), ''), nullif(trim("买家昵称"), ''))) AS customer_id,
        max(nullif("订单创建时间", '')) AS ordered_at,
        max(nullif("买家付款时间", '')) AS paid_at,
        max(nullif("交易成功时间", '')) AS delivered_at,
        max("订单状态") AS state,
        max(nullif("订单来源", '')) AS channel
    FROM list
    GROUP BY 1
),

items AS (
    SELECT '' AS "规格编码", '' AS "商品编码", '' AS "商品发货时间", '' AS "商品已退款金额", '' AS file_name WHERE false
    UNION ALL BY NAME
    SELECT * FROM order_items
),

told AS (
    SELECT
        trim("订单号") AS order_id,
        coalesce(nullif(trim("商品编码"), ''), nullif(trim("规格编码"), ''), trim("商品名称")) AS product_id,
        "商品规格" AS variant,
        "商品数量" AS quantity,
        "商品单价" AS unit_price,
        nullif("商品发货时间", '') AS shipped_at,
        CAST(as_whole("商品数量") AS DOUBLE) * CAST(as_amount("商品单价") AS DOUBLE) AS amount,
        CAST(as_amount("商品实际成交金额") AS DOUBLE) AS paid,
        coalesce(CAST(as_amount("商品已退款金额") AS DOUBLE), 0) AS refunded,
        file_name
    FROM items
),

lines AS (
    SELECT DISTINCT * EXCLUDE (file_name) FROM (SELECT *, row_number() OVER (PARTITION BY told) AS copy_no FROM told)
)

SELECT
    order_id,
    row_number() OVER (PARTITION BY order_id ORDER BY product_id, variant, unit_price, quantity, paid, refunded, copy_no) AS line_no,
    customer_id,
    product_id,
    quantity,
    unit_price,
    least(amount, greatest(0, round(amount - coalesce(paid, amount), 2)) + refunded) AS discount,
    ordered_at,
    paid_at,
    shipped_at,
    delivered_at,
    CASE WHEN state LIKE '%关闭%' OR state LIKE '%待付款%' OR state LIKE '%取消%' THEN ordered_at END AS cancelled_at,
    channel
FROM lines
-- en: A line whose order is not in the order report is seen in quarantine.
-- zh: 订单报表里没有的订单，它的明细进隔离区。
LEFT JOIN heads USING (order_id)
