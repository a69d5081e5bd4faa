-- en: A product is known from the first day on which an event named it so.
-- zh: 商品从第一次有事件这样称呼它的那天起算作已知。
WITH named AS (
    SELECT event_date, unnest(from_json(CAST(items AS JSON), '["JSON"]')) AS item FROM ga4_events
)

SELECT
    coalesce(nullif(item ->> '$.item_id', '(not set)'), item ->> '$.item_name') AS product_id,
    item ->> '$.item_name' AS title,
    nullif(item ->> '$.item_category', '(not set)') AS category,
    nullif(item ->> '$.item_brand', '(not set)') AS brand,
    as_amount(item ->> '$.price') AS price,
    min(event_date) AS known_on
FROM named
WHERE coalesce(nullif(item ->> '$.item_id', '(not set)'), item ->> '$.item_name') IS NOT NULL
GROUP BY ALL
ORDER BY known_on, product_id, title
