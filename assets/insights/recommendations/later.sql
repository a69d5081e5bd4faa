-- What each person bought in the $days from $week on, by the accounts that belonged together as of $week.
SELECT coalesce(p.person_id, o.customer_id) AS person_id, o.product_id
FROM clean_orders AS o LEFT JOIN persons AS p ON p.as_of = $week AND p.customer_id = o.customer_id
WHERE o.ordered_on >= $week AND o.ordered_on < $week + CAST($days AS INTEGER) AND o.known_on < $known_before
    AND o.customer_id IS NOT NULL AND o.product_id IS NOT NULL AND o.quantity > 0
    AND o.quantity < $outlier_quantity AND o.cancelled_at IS NULL AND coalesce(o.line_type, 'product') = 'product'
GROUP BY coalesce(p.person_id, o.customer_id), o.product_id
HAVING sum(o.sign) > 0
ORDER BY person_id, product_id
