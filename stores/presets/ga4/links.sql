-- en: Who logs in on a browser is who used it before: the browser's id joins both.
-- zh: 在一个浏览器上登录的人，就是之前用它的人：浏览器编号把两者连起来。
WITH export AS (
    SELECT '' AS user_id WHERE false
    UNION ALL BY NAME
    SELECT * FROM ga4_events
)

SELECT
    coalesce(nullif(user_id, ''), user_pseudo_id) AS customer_id,
    'device' AS key_type,
    user_pseudo_id AS key_value,
    min(event_date) AS known_on
FROM export
WHERE user_pseudo_id IS NOT NULL
GROUP BY 1, 3
ORDER BY known_on, customer_id
