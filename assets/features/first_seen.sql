-- The day on which each account was first seen, of what was known before $week.
SELECT customer_id, min(seen_on) AS first_seen_on FROM (
    SELECT customer_id, min(known_on) AS seen_on FROM clean.links WHERE known_on < $week GROUP BY customer_id
    UNION ALL
    SELECT customer_id, min(known_on) FROM customer_days WHERE known_on < $week GROUP BY customer_id
    UNION ALL
    SELECT customer_id, min(known_on) FROM customers WHERE known_on < $week GROUP BY customer_id
) GROUP BY customer_id ORDER BY customer_id
