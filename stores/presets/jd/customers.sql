-- en: What each order says of its buyer holds from that day on. Of the address only its first characters, the province, are taken.
-- zh: 每个订单说到的买家情况，从那天起有效。地址只取开头的省份。
WITH export AS (
    SELECT '' AS "客户地址", '' AS "联系电话" WHERE false
    UNION ALL BY NAME
    SELECT * FROM order_export
)

SELECT DISTINCT
    trim("下单帐号") AS customer_id,
    nullif(regexp_extract(trim("客户地址"), '^(北京|上海|天津|重庆|内蒙古|黑龙江|新疆|西藏|广西|宁夏|香港|澳门|[^省]{2}省|[^省]{2})', 1), '') AS region,
    -- en: Numbers that the export itself has made unreadable name nobody.
    -- zh: 导出时已经看不出的号码不代表任何人。
    CASE WHEN "联系电话" NOT LIKE '%*%' THEN nullif(trim("联系电话", ' ''="'), '') END AS phone,
    left("下单时间", 10) AS known_on
FROM export
WHERE trim("下单帐号") <> ''
ORDER BY known_on, customer_id
