-- What distinguishes each segment, as of each Monday in `asked`.
SELECT
    s.as_of, s.segment_id, s.segment_zh, s.segment_en,
    count(*) AS customer_count,
    round(count(*) / sum(count(*)) OVER (PARTITION BY s.as_of), 6) AS customer_share,
    round(avg(CAST(s.is_typical AS INTEGER)), 6) AS typical_share,
    round(avg(c.recency_days), 4) AS recency_days,
    round(avg(c.frequency), 4) AS frequency,
    round(CAST(sum(c.spend) AS DOUBLE) / nullif(sum(c.frequency), 0), 4) AS monetary_value,
    sum(c.spend) AS spend,
    round(CAST(sum(c.spend) AS DOUBLE) / nullif(CAST(sum(sum(c.spend)) OVER (PARTITION BY s.as_of) AS DOUBLE), 0), 6) AS spend_share,
    sum(c.spend_90d) AS spend_90d,
    round(avg(c.purchases_90d), 4) AS purchases_90d
FROM asked
JOIN insights.segments AS s USING (as_of)
JOIN customers AS c ON c.as_of = s.as_of AND c.person_id = s.person_id
GROUP BY s.as_of, s.segment_id, s.segment_zh, s.segment_en
