-- What is like a product.
SELECT t.other_product_id, o.title AS other_title, t.score, t.source
FROM similar_products AS t
LEFT JOIN catalogue AS o ON o.product_id = t.other_product_id
WHERE t.as_of = getvariable('as_of') AND t.product_id = getvariable('asked')
ORDER BY t.position
LIMIT 10
