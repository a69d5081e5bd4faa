-- How far the lists of the week reach: customers, products, how much the ten most shown take, products that are new.
WITH listed AS (
    SELECT list, person_id, product_id FROM recommendations WHERE as_of = getvariable('as_of')
),

new AS (
    SELECT product_id FROM product_changes GROUP BY product_id HAVING min(known_on) BETWEEN getvariable('as_of') - 28 AND getvariable('as_of') - 1
),

most AS (
    SELECT list, sum(items) AS items
    FROM (SELECT list, count(*) AS items FROM listed GROUP BY list, product_id QUALIFY row_number() OVER (PARTITION BY list ORDER BY items DESC, product_id) <= 10)
    GROUP BY list
)

SELECT
    l.list, count(DISTINCT l.person_id) AS customers, count(DISTINCT l.product_id) AS products, any_value(m.items) / count(*) AS most_share,
    count(n.product_id) / count(*) AS new_share,
    (SELECT count(*) FROM customers WHERE as_of = getvariable('as_of')) AS all_customers,
    (SELECT count(*) FILTER (WHERE in_stock IS NOT false) FROM catalogue) AS all_products,
    (SELECT count(*) FROM new) AS new_products
FROM listed AS l
JOIN most AS m USING (list)
LEFT JOIN new AS n USING (product_id)
GROUP BY l.list
ORDER BY l.list
