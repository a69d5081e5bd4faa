-- en: What each order says of its customer holds from that day on.
-- zh: 每个订单说到的客户情况，从那天起有效。
WITH export AS (
    SELECT
        '' AS "Phone", '' AS "Billing Phone", '' AS "Accepts Marketing", '' AS "Shipping Country", '' AS "Shipping Province",
        '' AS "Billing Country", '' AS "Billing Province"
    WHERE false
    UNION ALL BY NAME
    SELECT * FROM orders_export
)

SELECT
    coalesce(lower(nullif(trim("Email"), '')), nullif(trim("Phone", ' '''), ''), nullif(trim("Billing Phone", ' '''), '')) AS customer_id,
    nullif(concat_ws('-', coalesce(nullif("Shipping Country", ''), nullif("Billing Country", '')), coalesce(nullif("Shipping Province", ''), nullif("Billing Province", ''))), '') AS region,
    nullif("Accepts Marketing", '') AS marketing_consent,
    lower(nullif(trim("Email"), '')) AS email,
    coalesce(nullif(trim("Phone", ' '''), ''), nullif(trim("Billing Phone", ' '''), '')) AS phone,
    left("Created at", 10) AS known_on
FROM export
-- en: The first line of an order says these things, the others are blank.
-- zh: 这些内容只写在订单的第一行，其余行为空。
WHERE "Financial Status" <> '' AND customer_id IS NOT NULL
ORDER BY "Created at", "Name"
