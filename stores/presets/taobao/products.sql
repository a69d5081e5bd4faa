-- en: A product is known from the first day on which it was ordered under this title, at this price.
-- zh: 商品从第一次以这个标题、这个价格被订购的那天起算作已知。
WITH days AS (
    SELECT regexp_replace("订单编号", '[^0-9]', '', 'g') AS order_id, min(left("订单创建时间", 10)) AS day FROM order_list GROUP BY 1
),

detail AS (
    SELECT '' AS "订单编号", '' AS "主订单编号", '' AS "商品ID" WHERE false
    UNION ALL BY NAME
    SELECT * FROM order_detail
)

SELECT
    coalesce(nullif(trim("商品ID", ' ="'), ''), nullif(trim("商家编码"), ''), nullif(trim("外部系统编号"), ''), trim("标题")) AS product_id,
    trim("标题") AS title,
    as_amount("价格") AS price,
    min(day) AS known_on
FROM detail
LEFT JOIN days ON order_id = regexp_replace(coalesce(nullif("主订单编号", ''), "订单编号"), '[^0-9]', '', 'g')
GROUP BY ALL
ORDER BY known_on, product_id, title
