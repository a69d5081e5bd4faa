-- en: What each order says of its buyer holds from that day on.
-- zh: 每个订单说到的买家情况，从那天起有效。
WITH list AS (
    SELECT '' AS "收货人手机号/提货人手机号", '' AS "买家昵称", '' AS "收货人省份" WHERE false
    UNION ALL BY NAME
    SELECT * FROM order_list
)

SELECT
    coalesce(nullif(trim("买家手机号"), ''), nullif(trim("收货人手机号/提货人手机号"), ''), nullif(trim("买家昵称"), '')) AS customer_id,
    nullif("收货人省份", '') AS region,
    coalesce(nullif(trim("买家手机号"), ''), nullif(trim("收货人手机号/提货人手机号"), '')) AS phone,
    left("订单创建时间", 10) AS known_on
FROM list
WHERE coalesce(nullif(trim("买家手机号"), ''), nullif(trim("收货人手机号/提货人手机号"), ''), nullif(trim("买家昵称"), '')) IS NOT NULL
ORDER BY "订单创建时间", "订单号"
