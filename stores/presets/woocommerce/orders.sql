-- en: A row is an order, and each line_item column a product: name:…|product_id:…|sku:…|quantity:…|total:…|sub_total:…
-- en: An order that stands in two exports is one. A refund has an amount and no product: it is shared among the lines, to the cent. One with a
-- en: date (amount:…|reason:…|date:…) is a return on that day, of one piece at what comes back; one without is taken off the order.
-- zh: 一行是一个订单，每个 line_item 列是一个商品：name:…|product_id:…|sku:…|quantity:…|total:…|sub_total:…
-- zh: 订单出现在两个导出里只算一次。退款只有金额，没有商品：按金额分摊到各行，精确到分。
-- zh: 写明日期的（amount:…|reason:…|date:…）算作那天的退货，件数记 1，单价就是退的钱；没有日期的从订单里减掉。
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
        refund_items,
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

refunds AS (
    -- en: Of each refund the amount; there may be several. The last one of an order that is refunded in full brings back the rest.
    -- zh: 每笔退款的金额；可能有几笔。整单退款的，最后一笔把余下的都退回。
    SELECT
        *,
        list_transform(regexp_extract_all(refund_items, 'amount:-?([0-9.]+)', 1), lambda a: CAST(as_amount(a) AS DOUBLE)) AS told,
        list_transform(regexp_extract_all(refund_items, dated, 1), lambda a: CAST(as_amount(a) AS DOUBLE)) AS amounts,
        regexp_extract_all(refund_items, dated, 2) AS days
    FROM (
        SELECT DISTINCT order_id, refund_items, 'amount:-?([0-9.]+)[|][^;]*?date:([0-9]{4}-[0-9]{2}-[0-9]{2}[0-9: ]*)' AS dated FROM lines
    )
),

summed AS (
    SELECT
        *,
        sum(paid) OVER (PARTITION BY order_id ORDER BY line_no) AS up_to_here,
        sum(paid) OVER (PARTITION BY order_id) AS net,
        least(net, coalesce(list_sum(told), 0) - coalesce(list_sum(amounts), 0)) AS undated
    FROM (SELECT DISTINCT * FROM lines)
    LEFT JOIN refunds USING (order_id, refund_items)
),

sold AS (
    SELECT
        order_id,
        CAST(line_no AS VARCHAR) AS line_no,
        customer_id,
        product_id,
        quantity,
        round(amount / nullif(CAST(as_whole(quantity) AS DOUBLE), 0), 4) AS unit_price,
        least(
            round(abs(CAST(as_whole(quantity) AS DOUBLE)) * round(amount / nullif(CAST(as_whole(quantity) AS DOUBLE), 0), 4), 4),
            round(amount - paid, 2)
            + CASE WHEN net > 0 AND state <> 'refunded' THEN round(undated * up_to_here / net, 2) - round(undated * (up_to_here - paid) / net, 2) ELSE 0 END
        ) AS discount,
        order_date AS ordered_at,
        paid_date AS paid_at,
        CASE WHEN state IN ('cancelled', 'failed', 'pending', 'checkout-draft', 'trash') OR state = 'refunded' AND coalesce(len(days), 0) = 0
            THEN order_date END AS cancelled_at,
        order_currency AS currency
    FROM summed
),

parts AS (
    SELECT *, unnest(days) AS day, generate_subscripts(days, 1) AS refund_no FROM summed WHERE net > 0
),

returned AS (
    SELECT
        *,
        least(net - undated, CASE WHEN state = 'refunded' AND refund_no = len(days) THEN net ELSE list_sum(amounts[:refund_no]) END)
        - least(net - undated, coalesce(list_sum(amounts[:refund_no - 1]), 0)) AS back
    FROM parts
)

SELECT * FROM sold
UNION ALL
SELECT
    order_id,
    concat('refund ', refund_no, '/', line_no),
    customer_id,
    product_id,
    '-1',
    round(back * up_to_here / net, 2) - round(back * (up_to_here - paid) / net, 2) AS share,
    0,
    day,
    NULL,
    CASE WHEN state IN ('cancelled', 'failed', 'pending', 'checkout-draft', 'trash') THEN day END,
    order_currency
FROM returned
WHERE share > 0
