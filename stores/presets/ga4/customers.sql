-- en: Where a visitor is, as of each day on which they came.
-- zh: 访客在来的每一天所在的地区。
WITH export AS (
    SELECT '' AS user_id, '' AS geo WHERE false
    UNION ALL BY NAME
    SELECT * FROM ga4_events
)

SELECT
    coalesce(nullif(user_id, ''), user_pseudo_id) AS customer_id,
    nullif(concat_ws('-', max(CAST(nullif(geo, '') AS JSON) ->> '$.country'), max(CAST(nullif(geo, '') AS JSON) ->> '$.region')), '') AS region,
    event_date AS known_on
FROM export
WHERE coalesce(nullif(user_id, ''), user_pseudo_id) IS NOT NULL
GROUP BY 1, 3
ORDER BY known_on, customer_id
