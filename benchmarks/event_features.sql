-- One row a user as of $as_of, from events (user_id, item_id, event_type, price, occurred_at), all before $as_of.
WITH steps AS (
    SELECT
        user_id,
        item_id,
        occurred_at,
        lag(occurred_at) OVER (PARTITION BY user_id ORDER BY occurred_at) AS previous_at
    FROM events
),

activity AS (
    SELECT
        user_id,
        count(*) AS event_count,
        count(*) FILTER (WHERE occurred_at >= $as_of - INTERVAL 7 DAY) AS event_count_7d,
        count(*) FILTER (WHERE occurred_at >= $as_of - INTERVAL 30 DAY) AS event_count_30d,
        count(*) FILTER (WHERE occurred_at >= $as_of - INTERVAL 90 DAY) AS event_count_90d,
        count(*) FILTER (
            WHERE previous_at IS NULL OR date_diff('microsecond', previous_at, occurred_at) >= 1800000000
        ) AS session_count,
        count(DISTINCT item_id) AS item_count
    FROM steps
    GROUP BY user_id
),

-- Purchases are few: a second, narrow scan of them costs less than carrying price and type through the sort.
purchases AS (
    SELECT
        user_id,
        max(occurred_at) AS last_at,
        count(*) AS frequency,
        sum(price) AS monetary,
        sum(price) FILTER (WHERE occurred_at >= $as_of - INTERVAL 7 DAY) AS monetary_7d,
        sum(price) FILTER (WHERE occurred_at >= $as_of - INTERVAL 30 DAY) AS monetary_30d,
        sum(price) FILTER (WHERE occurred_at >= $as_of - INTERVAL 90 DAY) AS monetary_90d
    FROM events
    WHERE event_type = 'purchase'
    GROUP BY user_id
)

SELECT
    user_id,
    date_diff('day', CAST(last_at AS DATE), CAST($as_of AS DATE)) AS recency_days,
    coalesce(frequency, 0) AS frequency,
    CAST(coalesce(monetary, 0) AS BIGINT) AS monetary,
    CAST(coalesce(monetary_7d, 0) AS BIGINT) AS monetary_7d,
    CAST(coalesce(monetary_30d, 0) AS BIGINT) AS monetary_30d,
    CAST(coalesce(monetary_90d, 0) AS BIGINT) AS monetary_90d,
    event_count,
    event_count_7d,
    event_count_30d,
    event_count_90d,
    session_count,
    item_count
FROM activity
LEFT JOIN purchases USING (user_id)
