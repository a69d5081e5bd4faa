-- Pieces of each category in the last 28 days, returns aside.
SELECT p.category, sum(s.sign * s.quantity) AS pieces
FROM sales AS s
JOIN catalogue AS p USING (product_id)
WHERE s.quantity > 0 AND s.ordered_on >= getvariable('as_of') - 28 AND p.category IS NOT NULL
GROUP BY p.category
