-- What each of the weeks that end with a Monday of `weeks` brought, as it was known on that Monday. Customers are persons; one is new
-- whose first order lies in the week.
WITH lines AS (
    SELECT *, CAST(date_trunc('week', ordered_on) AS DATE) + 7 AS as_of
    FROM sales
),

per_order AS (
    SELECT
        as_of, order_id, customer_id,
        sum(sign) FILTER (WHERE quantity > 0) AS line_count,
        coalesce(sum(sign * amount) FILTER (WHERE quantity > 0), 0) AS revenue,
        -coalesce(sum(sign * amount) FILTER (WHERE quantity < 0), 0) AS returned
    FROM lines
    WHERE known_on < as_of AND list_contains(getvariable('weeks'), as_of)
    GROUP BY as_of, order_id, customer_id
),

firsts AS (
    SELECT person_id, min(ordered_on) AS first_on
    FROM (
        SELECT coalesce(p.person_id, l.customer_id) AS person_id, l.ordered_on
        FROM lines AS l
        LEFT JOIN people AS p USING (customer_id)
        WHERE l.quantity > 0 AND l.customer_id IS NOT NULL
        GROUP BY ALL
        HAVING sum(l.sign) > 0
    )
    GROUP BY person_id
),

per_person AS (
    SELECT o.as_of, coalesce(p.person_id, o.customer_id) AS person_id, sum(o.revenue) AS revenue
    FROM per_order AS o
    LEFT JOIN people AS p USING (customer_id)
    WHERE o.customer_id IS NOT NULL AND o.line_count > 0
    GROUP BY ALL
),

of_people AS (
    SELECT
        b.as_of, count(*) AS customers, avg(b.revenue) AS per_customer,
        count(*) FILTER (WHERE f.first_on >= b.as_of - 7) AS new_customers
    FROM per_person AS b
    JOIN firsts AS f USING (person_id)
    GROUP BY b.as_of
),

of_orders AS (
    SELECT
        as_of, count(DISTINCT order_id) FILTER (WHERE line_count > 0) AS orders, sum(revenue) AS revenue, sum(returned) AS returned
    FROM per_order
    GROUP BY as_of
)

SELECT
    w.as_of,
    coalesce(o.orders, 0) AS orders, coalesce(o.revenue, 0) AS revenue, coalesce(o.returned, 0) AS returned,
    coalesce(p.customers, 0) AS customers, coalesce(p.new_customers, 0) AS new_customers, coalesce(p.per_customer, 0) AS per_customer
FROM (SELECT unnest(getvariable('weeks')) AS as_of) AS w
LEFT JOIN of_orders AS o USING (as_of)
LEFT JOIN of_people AS p USING (as_of)
ORDER BY w.as_of
