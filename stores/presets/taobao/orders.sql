-- A row of the item report is a line, its order stands in the order report. Numbers are wrapped as ="…". Older item reports have ten
-- columns: no number of the line, no money but the price; what the order cost less is then shared among its lines, to the cent.
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
        '' AS "订单编号", '' AS "主订单编号", '' AS "子订单编号", '' AS "商品ID", '' AS "买家应付货款", '' AS "退款金额", '' AS "发货时间"
    WHERE false
    UNION ALL BY NAME
    SELECT * FROM order_detail
),

lines AS (
    SELECT DISTINCT
        regexp_replace(coalesce(nullif("主订单编号", ''), "订单编号"), '[^0-9]', '', 'g') AS order_id,
        nullif(regexp_replace("子订单编号", '[^0-9]', '', 'g'), '') AS line_id,
        coalesce(nullif(trim("商品ID", ' ="'), ''), nullif(trim("商家编码"), ''), nullif(trim("外部系统编号"), ''), trim("标题")) AS product_id,
        "商品属性" AS variant,
        "购买数量" AS quantity,
        "价格" AS unit_price,
        nullif("发货时间", '') AS shipped_at,
        CAST(as_amount("买家应付货款") AS DOUBLE) AS own_goods,
        CAST(as_amount("退款金额") AS DOUBLE) AS own_refund,
        CAST(as_whole("购买数量") AS DOUBLE) * CAST(as_amount("价格") AS DOUBLE) AS amount
    FROM detail
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
    -- A line whose order is not in the order report is seen in quarantine.
    LEFT JOIN heads USING (order_id)
    WINDOW in_order AS (PARTITION BY order_id ORDER BY product_id, variant, unit_price, quantity, line_id)
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
