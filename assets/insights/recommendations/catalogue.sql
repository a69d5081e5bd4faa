-- Products as known before $week; where the shop hands over no catalogue, those that were sold.
WITH told AS (
    SELECT product_id, title, category, brand, price, in_stock, row_number() OVER (PARTITION BY product_id ORDER BY known_on DESC) AS age
    FROM clean_products WHERE known_on < $week
),

sold AS (
    SELECT DISTINCT product_id FROM clean_orders
    WHERE NOT $has_catalogue AND known_on < $week AND product_id IS NOT NULL AND coalesce(line_type, 'product') = 'product'
)

SELECT product_id, title, category, brand, CAST(price AS DOUBLE) AS price, coalesce(in_stock, true) AS in_stock
FROM told WHERE age = 1
UNION ALL
SELECT product_id, NULL, NULL, NULL, NULL, true FROM sold
ORDER BY product_id
