-- How satisfied the reviews of a product are, beside those of all products.
SELECT *
FROM (
    SELECT *, sum(positive_count) OVER () / nullif(sum(positive_count + neutral_count + negative_count) OVER (), 0) AS shop_share
    FROM product_satisfaction
    WHERE as_of = getvariable('as_of')
)
WHERE product_id = getvariable('asked') AND positive_share IS NOT NULL
