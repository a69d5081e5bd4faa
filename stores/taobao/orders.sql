-- A purchase has no id: customer, product and second name it, no two rows agree in them. A row is one piece of a product.
SELECT
    concat_ws('-', user_id, item_id, "timestamp") AS order_id,
    1 AS line_no,
    user_id AS customer_id,
    item_id AS product_id,
    1 AS quantity,
    to_timestamp(TRY_CAST("timestamp" AS BIGINT)) AS ordered_at
FROM behaviour
WHERE behavior_type = 'buy'
