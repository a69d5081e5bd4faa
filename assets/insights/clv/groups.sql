-- Customers of `summary` with the same frequency, recency and T are one row: all that a purchase model's likelihood sees.
SELECT frequency, recency, T, count(*) AS customer_count
FROM summary
GROUP BY frequency, recency, T
ORDER BY frequency, recency, T
