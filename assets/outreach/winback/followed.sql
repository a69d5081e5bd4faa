-- Who bought in the $days from each Monday in `weeks` on, of $category where that is given, and what they paid for it, returns netted; as known
-- when the days were over.
SELECT
    s.as_of, s.person_id,
    coalesce(sum(s.sign) FILTER (WHERE s.quantity > 0), 0) > 0 AS bought,
    CAST(sum(s.sign * s.amount) AS DOUBLE) AS paid
FROM person_sales_after AS s
LEFT JOIN products_then AS p ON p.as_of = s.as_of AND p.product_id = s.product_id
WHERE s.ordered_on < s.as_of + CAST($days AS INTEGER) AND s.known_on < s.as_of + CAST($days AS INTEGER)
    AND ($category IS NULL OR p.category = $category)
GROUP BY s.as_of, s.person_id
ORDER BY s.as_of, s.person_id
