-- The ten products that sold best in the week, by money, else by pieces; returns aside.
SELECT
    s.product_id, any_value(p.title) AS title, any_value(p.category) AS category,
    sum(s.sign * s.quantity) AS pieces, sum(s.sign * s.amount) AS revenue
FROM sales AS s
LEFT JOIN catalogue AS p USING (product_id)
WHERE s.quantity > 0 AND s.ordered_on >= getvariable('as_of') - 7
GROUP BY s.product_id
HAVING pieces > 0
ORDER BY revenue DESC, pieces DESC, s.product_id
LIMIT 10
