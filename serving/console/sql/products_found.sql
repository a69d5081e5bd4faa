-- Products whose id begins with what is asked, or whose title holds it.
WITH every AS (
    SELECT product_id, title, category FROM catalogue
    UNION ALL
    SELECT DISTINCT product_id, NULL, NULL FROM sales WHERE product_id NOT IN (SELECT product_id FROM catalogue)
)

SELECT product_id, title, category
FROM every
WHERE starts_with(lower(product_id), lower(getvariable('asked'))) OR contains(lower(title), lower(getvariable('asked')))
ORDER BY product_id = getvariable('asked') DESC, starts_with(lower(product_id), lower(getvariable('asked'))) DESC, product_id
LIMIT 51
