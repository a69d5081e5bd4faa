-- What each person bought in the $days from the Monday in `weeks` on, as known when they were over.
SELECT person_id, product_id
FROM person_sales_after
WHERE ordered_on < as_of + CAST($days AS INTEGER) AND known_on < as_of + CAST($days AS INTEGER)
    AND product_id IS NOT NULL AND quantity > 0
GROUP BY person_id, product_id
HAVING sum(sign) > 0
ORDER BY person_id, product_id
