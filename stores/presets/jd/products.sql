-- en: A product is known from the first day on which it was ordered under this name, at this price.
-- zh: 商品从第一次以这个名称、这个价格被订购的那天起算作已知。
SELECT
    trim("商品ID", ' ="''') AS product_id,
    trim("商品名称") AS title,
    as_amount("京东价") AS price,
    min(left("下单时间", 10)) AS known_on
FROM order_export
GROUP BY ALL
ORDER BY known_on, product_id, title
