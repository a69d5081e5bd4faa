-- en: A product is known from the first day on which it was ordered under this name.
-- zh: 商品从第一次以这个名称被订购的那天起算作已知。
WITH items AS (
    SELECT left(order_date, 10) AS day, unnest([*COLUMNS('^line_item_[0-9]+$')]) AS item FROM order_export
)

SELECT
    regexp_extract(item, '(?:^|[|])product_id:([^|]*)', 1) AS product_id,
    regexp_extract(item, '(?:^|[|])name:([^|]*)', 1) AS title,
    min(day) AS known_on
FROM items
WHERE item <> ''
GROUP BY ALL
ORDER BY known_on, product_id, title
