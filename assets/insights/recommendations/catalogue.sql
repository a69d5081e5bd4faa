-- Products as known before the Monday in `weeks`; where the shop hands over no catalogue, those that were sold.
SELECT product_id, title, category, brand, CAST(price AS DOUBLE) AS price, coalesce(in_stock, true) AS in_stock
FROM products_then
UNION ALL
SELECT DISTINCT s.product_id, NULL, NULL, NULL, NULL, true
FROM sales AS s JOIN weeks AS w ON s.known_on < w.as_of
WHERE NOT $has_catalogue AND s.product_id IS NOT NULL
ORDER BY product_id
