-- A product is known from the first day on which somebody did something to it. One product stands under two categories:
-- the one seen first holds.
SELECT
    item_id AS product_id,
    arg_min(category_id, (TRY_CAST("timestamp" AS BIGINT), category_id)) AS category,
    CAST(min(to_timestamp(TRY_CAST("timestamp" AS BIGINT))) AS DATE) AS known_on
FROM behaviour
GROUP BY item_id
ORDER BY item_id
