-- What a product sold in each of the `weeks`, returns aside, as known on that Monday.
SELECT m.as_of, coalesce(sum(s.sign * s.quantity), 0) AS pieces, coalesce(sum(s.sign * s.amount), 0) AS revenue
FROM (SELECT unnest(getvariable('weeks')) AS as_of) AS m
LEFT JOIN (FROM sales WHERE product_id = getvariable('asked') AND quantity > 0) AS s
    ON s.ordered_on >= m.as_of - 7 AND s.ordered_on < m.as_of AND s.known_on < m.as_of
GROUP BY m.as_of
ORDER BY m.as_of
