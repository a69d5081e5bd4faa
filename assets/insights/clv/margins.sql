-- What each person paid, as of each Monday in `weeks`, for pieces whose cost was known by then, and what these cost the shop. Returns
-- count against; persons without such pieces have no row. `costs_then`: the last cost known of each product.
SELECT
    s.as_of, s.person_id,
    CAST(sum(s.sign * s.amount) AS DOUBLE) AS paid,
    CAST(sum(s.sign * s.quantity * c.cost) AS DOUBLE) AS cost
FROM person_sales AS s
JOIN costs_then AS c ON c.as_of = s.as_of AND c.product_id = s.product_id
GROUP BY s.as_of, s.person_id
