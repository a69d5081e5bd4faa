-- What each class and group holds as of $week; `meanings` has a row a class and group, also of those in which nobody is.
WITH named AS (
    SELECT r.person_id, unnest(['class', 'group']) AS kind, unnest([r.class_en, r.group_en]) AS name_en
    FROM rfm AS r WHERE r.as_of = $week
),

counted AS (
    SELECT
        n.kind, n.name_en,
        count(*) AS customer_count,
        round(avg(c.recency_days), 4) AS recency_days,
        round(avg(c.frequency), 4) AS frequency,
        sum(c.spend) AS spend,
        sum(c.spend_90d) AS spend_90d
    FROM named AS n
    JOIN customers AS c ON c.as_of = $week AND c.person_id = n.person_id
    GROUP BY n.kind, n.name_en
)

SELECT
    m.kind, m.position, m.name_zh, m.name_en, m.meaning_zh, m.meaning_en,
    coalesce(n.customer_count, 0) AS customer_count,
    round(coalesce(n.customer_count, 0) / sum(n.customer_count) OVER (PARTITION BY m.kind), 6) AS customer_share,
    n.recency_days, n.frequency,
    coalesce(n.spend, 0) AS spend,
    round(CAST(coalesce(n.spend, 0) AS DOUBLE) / nullif(CAST(sum(n.spend) OVER (PARTITION BY m.kind) AS DOUBLE), 0), 6) AS spend_share,
    coalesce(n.spend_90d, 0) AS spend_90d
FROM meanings AS m
LEFT JOIN counted AS n ON n.kind = m.kind AND n.name_en = m.name_en
ORDER BY m.position
