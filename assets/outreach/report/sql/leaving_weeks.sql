-- How many valuable customers were about to leave in each of the `weeks`, what they are expected to bring, and what they spent.
SELECT
    l.as_of, count(*) AS customers, sum(l.worth) AS worth, sum(l.spend_365d) AS spend_365d,
    sum(l.spend_365d) / nullif((SELECT sum(c.spend_365d) FROM customers AS c WHERE c.as_of = l.as_of), 0) AS spend_share
FROM leaving AS l
GROUP BY l.as_of
ORDER BY l.as_of
