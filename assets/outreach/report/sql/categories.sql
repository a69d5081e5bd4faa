-- Pieces of each category in each of the `weeks`, returns aside, as known on that Monday.
SELECT p.category, w.as_of, coalesce(sum(s.sign * s.quantity), 0) AS pieces
FROM (SELECT unnest(getvariable('weeks')) AS as_of) AS w
CROSS JOIN (SELECT DISTINCT category FROM catalogue WHERE category IS NOT NULL) AS p
LEFT JOIN (
    SELECT c.category, l.sign, l.quantity, l.known_on, CAST(date_trunc('week', l.ordered_on) AS DATE) + 7 AS as_of
    FROM sales AS l
    JOIN catalogue AS c USING (product_id)
    WHERE l.quantity > 0
) AS s ON s.category = p.category AND s.as_of = w.as_of AND s.known_on < w.as_of
GROUP BY p.category, w.as_of
ORDER BY p.category, w.as_of
