-- What each of the last 28 days brought, returns aside: orders, accounts that bought, revenue.
SELECT
    d.day,
    count(DISTINCT s.order_id) FILTER (WHERE s.line_count > 0) AS orders,
    count(DISTINCT s.customer_id) FILTER (WHERE s.line_count > 0) AS customers,
    coalesce(sum(s.revenue), 0) AS revenue
FROM (SELECT CAST(unnest(generate_series(getvariable('as_of') - 28, getvariable('as_of') - 1, INTERVAL 1 DAY)) AS DATE) AS day) AS d
LEFT JOIN (
    SELECT ordered_on AS day, order_id, customer_id, sum(sign) AS line_count, sum(sign * amount) AS revenue
    FROM sales
    WHERE quantity > 0 AND ordered_on >= getvariable('as_of') - 28
    GROUP BY ALL
) AS s USING (day)
GROUP BY d.day
ORDER BY d.day
