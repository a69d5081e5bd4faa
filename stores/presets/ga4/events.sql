-- en: What was done to a product is a row of it, so an event with three items is three. GA4 numbers no events: who, when, what and the place
-- en: among its items name one.
-- zh: 对一件商品做的一件事是一行，一条事件有三件商品就是三行。GA4 的事件没有编号：谁、何时、做什么、第几件商品，合起来就是编号。
WITH export AS (
    SELECT '' AS user_id, '' AS platform WHERE false
    UNION ALL BY NAME
    SELECT * FROM ga4_events
),

done AS (
    SELECT
        *,
        from_json(CAST(event_params AS JSON), '["JSON"]') AS params,
        coalesce(nullif(from_json(CAST(items AS JSON), '["JSON"]'), []), [NULL]) AS goods
    FROM export
    WHERE event_name IN ('view_item', 'add_to_cart', 'add_to_wishlist', 'view_item_list', 'select_item', 'search', 'view_search_results')
),

rows_of AS (
    SELECT *, unnest(goods) AS item, generate_subscripts(goods, 1) AS place FROM done
)

SELECT
    concat_ws('-', user_pseudo_id, event_timestamp, event_name, place) AS event_id,
    coalesce(nullif(user_id, ''), user_pseudo_id) AS customer_id,
    CASE event_name
        WHEN 'view_item' THEN 'view'
        WHEN 'add_to_cart' THEN 'cart'
        WHEN 'add_to_wishlist' THEN 'favorite'
        WHEN 'view_item_list' THEN 'impression'
        WHEN 'select_item' THEN 'click'
        ELSE 'search'
    END AS event_type,
    coalesce(nullif(item ->> '$.item_id', '(not set)'), item ->> '$.item_name') AS product_id,
    user_pseudo_id || '.' || (list_filter(params, lambda p: p ->> '$.key' = 'ga_session_id')[1] ->> '$.value.int_value') AS session_id,
    event_timestamp AS occurred_at,
    lower(platform) AS channel,
    coalesce(
        list_filter(params, lambda p: p ->> '$.key' = 'search_term')[1] ->> '$.value.string_value'
    ) AS query
FROM rows_of
WHERE event_name IN ('search', 'view_search_results') OR item IS NOT NULL
