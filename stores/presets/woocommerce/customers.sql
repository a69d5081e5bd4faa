-- en: What each order says of its customer holds from that day on.
-- zh: 每个订单说到的客户情况，从那天起有效。
WITH export AS (
    SELECT '' AS billing_phone, '' AS billing_country, '' AS billing_state WHERE false
    UNION ALL BY NAME
    SELECT * FROM order_export
)

SELECT
    coalesce(nullif(lower(trim(billing_email)), ''), nullif(trim(customer_id), '0')) AS customer_id,
    nullif(concat_ws('-', nullif(billing_country, ''), nullif(billing_state, '')), '') AS region,
    lower(trim(billing_email)) AS email,
    nullif(trim(billing_phone), '') AS phone,
    left(order_date, 10) AS known_on
FROM export
WHERE coalesce(nullif(trim(billing_email), ''), nullif(trim(customer_id), '0')) IS NOT NULL
ORDER BY order_date, order_id
