-- en: A product is known from the first day on which it was ordered under this title, from this vendor, at this price.
-- zh: 商品从第一次以这个名称、供应商和价格被订购的那天起算作已知。
WITH export AS (
    SELECT '' AS "Vendor", '' AS "Lineitem compare at price" WHERE false
    UNION ALL BY NAME
    SELECT * FROM orders_export
),

named AS (
    SELECT *, left(max(nullif("Created at", '')) OVER (PARTITION BY "Name"), 10) AS day FROM export
)

SELECT
    coalesce(nullif(trim("Lineitem sku"), ''), trim("Lineitem name")) AS product_id,
    "Lineitem name" AS title,
    nullif("Vendor", '') AS brand,
    coalesce(as_amount("Lineitem compare at price"), as_amount("Lineitem price")) AS price,
    min(day) AS known_on
FROM named
GROUP BY ALL
ORDER BY known_on, product_id, title
