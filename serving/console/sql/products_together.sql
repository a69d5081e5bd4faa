-- Pairs bought in one order more often than by chance, each once, from the product that the other follows more often: thirty by each order.
WITH pairs AS (
    SELECT *
    FROM bought_together
    WHERE as_of = getvariable('as_of')
    QUALIFY row_number() OVER (
        PARTITION BY least(product_id, other_product_id), greatest(product_id, other_product_id)
        ORDER BY confidence_share DESC, product_id
    ) = 1
)

SELECT
    t.product_id, p.title, t.other_product_id, o.title AS other_title, t.order_count, t.support_share, t.confidence_share, t.lift,
    count(*) OVER () AS pair_count
FROM pairs AS t
LEFT JOIN catalogue AS p USING (product_id)
LEFT JOIN catalogue AS o ON o.product_id = t.other_product_id
QUALIFY least(
    row_number() OVER (ORDER BY t.order_count DESC, t.product_id, t.other_product_id),
    row_number() OVER (ORDER BY t.confidence_share DESC, t.product_id, t.other_product_id),
    row_number() OVER (ORDER BY t.lift DESC, t.product_id, t.other_product_id)
) <= 30
ORDER BY t.product_id, t.other_product_id
