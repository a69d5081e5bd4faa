-- en: What each order says of its buyer holds from that day on. Of the address only the province is taken.
-- zh: 每个订单说到的买家情况，从那天起有效。地址只取省份。
WITH list AS (
    SELECT '' AS "收货地址", '' AS "收货地址 ", '' AS "联系手机" WHERE false
    UNION ALL BY NAME
    SELECT * FROM order_list
)

SELECT
    trim("买家会员名") AS customer_id,
    nullif(split_part(trim(coalesce(nullif("收货地址", ''), "收货地址 ")), ' ', 1), '') AS region,
    nullif(trim("联系手机", ' ''="'), '') AS phone,
    left("订单创建时间", 10) AS known_on
FROM list
WHERE trim("买家会员名") <> ''
ORDER BY "订单创建时间", "订单编号"
