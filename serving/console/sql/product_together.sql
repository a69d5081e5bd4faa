-- What is bought in one order with a product.
SELECT t.other_product_id, o.title AS other_title, t.order_count, t.confidence_share, t.lift
FROM bought_together AS t
LEFT JOIN catalogue AS o ON o.product_id = t.other_product_id
WHERE t.as_of = getvariable('as_of') AND t.product_id = getvariable('asked')
ORDER BY t.position
LIMIT 10
