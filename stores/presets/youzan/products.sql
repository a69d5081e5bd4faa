-- en: A product is known from the first day on which it was ordered under this name, at this price.
-- zh: 商品从第一次以这个名称、这个价格被订购的那天起算作已知。
WITH days AS (
    SELECT trim("订单号") AS order_id, min(left("订单创建时间", 10)) AS day FROM order_list GROUP BY 1
),

items AS (
    SELECT '' AS "规格编码", '' AS "商品编码", '' AS "商品类目" WHERE false
    UNION ALL BY NAME
    SELECT * FROM order_items
)

SELECT
    coalesce(nullif(trim("商品编码"), ''), nullif(trim("规格编码"), ''), trim("商品名称")) AS product_id,
    trim("商品名称") AS title,
    nullif(trim("商品类目"), '') AS category,
    as_amount("商品单价") AS price,
    min(day) AS known_on
FROM items
LEFT JOIN days ON order_id = trim("订单号")
GROUP BY ALL
ORDER BY known_on, product_id, title
