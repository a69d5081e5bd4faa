-- All but purchases; unknown behaviour too: it is seen in quarantine. What was done names the event: no row repeats.
SELECT
    concat_ws('-', user_id, item_id, behavior_type, "timestamp") AS event_id,
    user_id AS customer_id,
    CASE behavior_type WHEN 'pv' THEN 'view' WHEN 'fav' THEN 'favorite' ELSE behavior_type END AS event_type,
    item_id AS product_id,
    to_timestamp(TRY_CAST("timestamp" AS BIGINT)) AS occurred_at
FROM behaviour
WHERE behavior_type IS DISTINCT FROM 'buy'
