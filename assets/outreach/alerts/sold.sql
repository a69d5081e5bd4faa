-- What each product, and the shop (product_id empty), sold in the four weeks before the Monday, a row each.
SELECT product_id, CAST(sum(sign * amount) AS DOUBLE) AS revenue, count(DISTINCT order_id) AS order_count
FROM sales
WHERE quantity > 0 AND known_on < $week AND ordered_on >= $week - 28 AND ordered_on < $week
GROUP BY GROUPING SETS ((product_id), ())
