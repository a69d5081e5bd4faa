-- en: What belongs to an order as a whole stands on its first line only. Lines have no number: they are numbered by what they say. Two equal ones
-- en: of a file are two; an order in two files is one. What they cost less than their prices (codes, discounts of lines, a refund of a part) is
-- en: shared among them by amount, to the cent. The export does not say when a whole order was refunded: it counts as cancelled at once.
-- zh: 整单的内容只写在第一行。明细没有行号：按内容编号；同一文件里两行相同算两行，订单出现在两个文件里只算一次。
-- zh: 比标价少的部分（优惠码、行折扣、部分退款）按金额分摊到各行，精确到分。
-- zh: 导出里没有整单退款的日期：算作当时就取消。
WITH export AS (
    -- en: Columns that older exports lack.
    -- zh: 较早的导出没有的列。
    SELECT
        '' AS "Paid at", '' AS "Fulfilled at", '' AS "Cancelled at", '' AS "Refunded Amount", '' AS "Source", '' AS "Phone",
        '' AS "Billing Phone", '' AS file_name
    WHERE false
    UNION ALL BY NAME
    SELECT * FROM orders_export
),

heads AS (
    SELECT
        "Name" AS order_id,
        coalesce(max(lower(nullif(trim("Email"), ''))), max(nullif(trim("Phone", ' '''), '')), max(nullif(trim("Billing Phone", ' '''), ''))) AS customer_id,
        max(nullif("Created at", '')) AS ordered_at,
        max(nullif("Paid at", '')) AS paid_at,
        max(nullif("Fulfilled at", '')) AS shipped_at,
        max(nullif("Cancelled at", '')) AS cancelled_at,
        max(nullif("Financial Status", '')) AS status,
        max(nullif("Source", '')) AS channel,
        max(nullif("Currency", '')) AS currency,
        max(CAST(as_amount("Subtotal") AS DOUBLE)) AS subtotal,
        max(CAST(as_amount("Refunded Amount") AS DOUBLE)) AS refunded
    FROM export
    GROUP BY "Name"
),

told AS (
    SELECT
        "Name" AS order_id,
        coalesce(nullif(trim("Lineitem sku"), ''), trim("Lineitem name")) AS product_id,
        "Lineitem name" AS title,
        "Lineitem quantity" AS quantity,
        "Lineitem price" AS unit_price,
        CAST(as_whole("Lineitem quantity") AS DOUBLE) * CAST(as_amount("Lineitem price") AS DOUBLE) AS amount,
        file_name
    FROM export
),

lines AS (
    SELECT DISTINCT * EXCLUDE (file_name) FROM (SELECT *, row_number() OVER (PARTITION BY told) AS copy_no FROM told)
),

summed AS (
    SELECT
        *,
        row_number() OVER in_order AS line_no,
        sum(amount) OVER in_order AS up_to_here,
        sum(amount) OVER (PARTITION BY order_id) AS gross
    FROM lines
    WINDOW in_order AS (PARTITION BY order_id ORDER BY product_id, title, unit_price, quantity, copy_no)
),

reduced AS (
    SELECT
        summed.*,
        heads.* EXCLUDE (order_id),
        least(gross, greatest(0, gross - coalesce(subtotal, gross)) + CASE WHEN status = 'partially_refunded' THEN coalesce(refunded, 0) ELSE 0 END) AS less
    FROM summed
    JOIN heads USING (order_id)
)

SELECT
    order_id,
    line_no,
    customer_id,
    product_id,
    quantity,
    unit_price,
    CASE WHEN gross > 0 THEN round(less * up_to_here / gross, 2) - round(less * (up_to_here - amount) / gross, 2) END AS discount,
    ordered_at,
    paid_at,
    shipped_at,
    coalesce(cancelled_at, CASE WHEN status IN ('refunded', 'voided') THEN ordered_at END) AS cancelled_at,
    channel,
    currency
FROM reduced
