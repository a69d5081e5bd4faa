-- A row is an order, and each line_item column a product: name:…|product_id:…|sku:…|quantity:…|total:…|sub_total:…
-- An order that stands in two exports is one. A refund has an amount (amount:…) and no product: it is shared among the lines, to the cent.
WITH export AS (
    SELECT '' AS paid_date, '' AS refund_items WHERE false
    UNION ALL BY NAME
    SELECT * FROM order_export
),

items AS (
    SELECT
        order_id,
        coalesce(nullif(lower(trim(billing_email)), ''), nullif(trim(customer_id), '0')) AS customer_id,
        order_date,
        nullif(paid_date, '') AS paid_date,
        replace(lower(status), 'wc-', '') AS state,
        order_currency,
        -- Of each refund the amount; there may be several.
        list_sum(list_transform(regexp_extract_all(refund_items, 'amount:-?([0-9.]+)', 1), lambda amount: CAST(as_amount(amount) AS DOUBLE))) AS refunded,
        unnest([*COLUMNS('^line_item_[0-9]+$')]) AS item,
        generate_subscripts([*COLUMNS('^line_item_[0-9]+$')], 1) AS line_no
    FROM export
),

lines AS (
    SELECT
        *,
        regexp_extract(item, '(?:^|[|])product_id:([^|]*)', 1) AS product_id,
        regexp_extract(item, '(?:^|[|])quantity:([^|]*)', 1) AS quantity,
        CAST(as_amount(regexp_extract(item, '(?:^|[|])total:([^|]*)', 1)) AS DOUBLE) AS paid,
        CAST(as_amount(regexp_extract(item, '(?:^|[|])sub_total:([^|]*)', 1)) AS DOUBLE) AS amount
    FROM items
    WHERE item <> ''
),

summed AS (
    SELECT
        *,
        sum(paid) OVER (PARTITION BY order_id ORDER BY line_no) AS up_to_here,
        sum(paid) OVER (PARTITION BY order_id) AS net
    FROM (SELECT DISTINCT * FROM lines)
)

SELECT
    order_id,
    line_no,
    customer_id,
    product_id,
    quantity,
    round(amount / nullif(CAST(as_whole(quantity) AS DOUBLE), 0), 4) AS unit_price,
    least(
        round(abs(CAST(as_whole(quantity) AS DOUBLE)) * round(amount / nullif(CAST(as_whole(quantity) AS DOUBLE), 0), 4), 4),
        round(amount - paid, 2) + CASE WHEN net > 0 AND state <> 'refunded' THEN
            round(least(net, coalesce(refunded, 0)) * up_to_here / net, 2) - round(least(net, coalesce(refunded, 0)) * (up_to_here - paid) / net, 2)
        ELSE 0 END
    ) AS discount,
    order_date AS ordered_at,
    paid_date AS paid_at,
    CASE WHEN state IN ('cancelled', 'failed', 'refunded', 'pending', 'checkout-draft', 'trash') THEN order_date END AS cancelled_at,
    order_currency AS currency
FROM summed
