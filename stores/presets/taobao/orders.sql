-- en: A row of the item report is a line, its order stands in the order report. Numbers are wrapped as ="…". Older item reports have ten
-- en: columns: no number of the line, no money but the price; what the order cost less is then shared among its lines, to the cent. Two equal
-- en: lines of a file are two; an order in two files is one.
-- zh: 宝贝报表的一行是一条明细，订单在订单报表里。编号外面包着 ="…"。较早的宝贝报表只有十列：
-- zh: 没有子订单编号，金额只有价格；整单少付的部分按金额分摊到各行，精确到分。同一文件里两行相同算两行，订单出现在两个文件里只算一次。
WITH list AS (
    SELECT
        '' AS "订单付款时间", '' AS "订单付款时间 ", '' AS "退款金额", '' AS "确认收货时间", '' AS "是否手机订单"
    WHERE false
    UNION ALL BY NAME
    SELECT * FROM order_list
),

heads AS (
    SELECT
        regexp_replace("订单编号", '[^0-9]', '', 'g') AS order_id,
        max(nullif(trim("买家会员名"), '')) AS customer_id,
        max(nullif("订单创建时间", '')) AS ordered_at,
        max(coalesce(nullif("订单付款时间", ''), nullif("订单付款时间 ", ''))) AS paid_at,
        max(nullif("确认收货时间", '')) AS delivered_at,
        max("订单状态") AS state,
        max(CASE WHEN contains("是否手机订单", '手机') THEN 'app' ELSE 'web' END) AS channel,
        max(CAST(as_amount("买家应付货款") AS DOUBLE)) AS goods,
        max(CAST(as_amount("退款金额") AS DOUBLE)) AS refunded
    FROM list
    GROUP BY 1
),

detail AS (
    SELECT
        '' AS "订单编号", '' AS "主订单编号", '' AS "子订单编号", '' AS "商品ID", '' AS "买家应付货款", '' AS "退款金额", '' AS "发货时间",
        '' AS file_name
    WHERE false
    UNION ALL BY NAME
    SELECT * FROM order_detail
),

told AS (
    SELECT
        regexp_replace(coalesce(nullif("主订单编号", ''), "订单编号"), '[^0-9]', '', 'g') AS order_id,
        nullif(regexp_replace("子订单编号", '[^0-9]', '', 'g'), '') AS line_id,
        coalesce(nullif(trim("商品ID", ' ="'), ''), nullif(trim("商家编码"), ''), nullif(trim("外部系统编号"), ''), trim("标题")) AS product_id,
        "商品属性" AS variant,
        "购买数量" AS quantity,
        "价格" AS unit_price,
        nullif("发货时间", '') AS shipped_at,
        CAST(as_amount("买家应付货款") AS DOUBLE) AS own_goods,
        CAST(as_amount("退款金额") AS DOUBLE) AS own_refund,
        CAST(as_whole("购买数量") AS DOUBLE) * CAST(as_amount("价格") AS DOUBLE) AS amount,
        file_name
    FROM detail
),

lines AS (
    SELECT DISTINCT * EXCLUDE (file_name) FROM (SELECT *, row_number() OVER (PARTITION BY told) AS copy_no FROM told)
),

summed AS (
    SELECT
        lines.*,
        heads.* EXCLUDE (order_id),
        row_number() OVER in_order AS place,
        sum(amount) OVER in_order AS up_to_here,
        sum(amount) OVER (PARTITION BY order_id) AS gross,
        least(gross, greatest(0, gross - coalesce(goods, gross)) + coalesce(refunded, 0)) AS less
    FROM lines
    -- en: A line whose order is not in the order report is seen in quarantine.
    -- zh: 订单报表里没有的订单，它的明细进隔离区。
    LEFT JOIN heads USING (order_id)
    WINDOW in_order AS (PARTITION BY order_id ORDER BY product_id, variant, unit_price, quantity, line_id, copy_no)
)

SELECT
    order_id,
    coalesce(line_id, CAST(place AS VARCHAR)) AS line_no,
    customer_id,
    product_id,
    quantity,
    unit_price,
    CASE
        WHEN own_goods IS NOT NULL THEN least(amount, greatest(0, round(amount - own_goods, 2)) + coalesce(own_refund, 0))
        WHEN gross > 0 THEN round(less * up_to_here / gross, 2) - round(less * (up_to_here - amount) / gross, 2)
    END AS discount,
    ordered_at,
    paid_at,
    shipped_at,
    delivered_at,
    CASE WHEN state LIKE '%交易关闭%' OR state LIKE '%等待买家付款%' THEN ordered_at END AS cancelled_at,
    channel
FROM summed
