-- A product: what the shop says of it, and when it was first sold.
SELECT any_value(p.title) AS title, any_value(p.category) AS category, any_value(p.brand) AS brand, any_value(p.price) AS price,
    any_value(p.in_stock) AS in_stock, any_value(s.first_on) AS first_on
FROM (SELECT getvariable('asked') AS product_id) AS a
LEFT JOIN catalogue AS p USING (product_id)
LEFT JOIN (SELECT product_id, min(ordered_on) AS first_on FROM sales WHERE product_id = getvariable('asked') AND quantity > 0 GROUP BY product_id) AS s
    USING (product_id)
WHERE p.product_id IS NOT NULL OR s.product_id IS NOT NULL
HAVING count(*) > 0
