-- What each person paid, as of each Monday in `asked`, for pieces whose cost was known by then, and what these cost the shop.
-- Sales are those of features.customer_days; returns count against. Persons without such pieces have no row.
WITH costs AS (
    SELECT
        a.as_of, p.product_id, p.cost,
        row_number() OVER (PARTITION BY a.as_of, p.product_id ORDER BY p.known_on DESC) AS age
    FROM asked AS a JOIN clean_products AS p ON p.known_on < a.as_of
    WHERE p.cost IS NOT NULL
),

bought AS (
    SELECT
        customer_id, product_id, known_on,
        sum(sign * quantity) AS pieces,
        sum(sign * (quantity * coalesce(unit_price, 0) - coalesce(discount, 0))) AS paid
    FROM clean_orders
    WHERE customer_id IS NOT NULL AND cancelled_at IS NULL AND coalesce(line_type, 'product') = 'product'
        AND abs(quantity) < $outlier_quantity
    GROUP BY customer_id, product_id, known_on
)

SELECT
    a.as_of, coalesce(p.person_id, b.customer_id) AS person_id,
    CAST(sum(b.paid) AS DOUBLE) AS paid,
    CAST(sum(b.pieces * c.cost) AS DOUBLE) AS cost
FROM asked AS a
JOIN bought AS b ON b.known_on < a.as_of
JOIN costs AS c ON c.as_of = a.as_of AND c.product_id = b.product_id AND c.age = 1
LEFT JOIN persons AS p ON p.as_of = a.as_of AND p.customer_id = b.customer_id
GROUP BY a.as_of, coalesce(p.person_id, b.customer_id)
