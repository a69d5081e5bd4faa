-- Sessions begun on the days from $since to before the Monday in `weeks`, as they stood before their first purchase, from rows known
-- before that Monday.
-- A session is what an account does with no pause of $session_seconds or longer; it ends in a purchase if one follows within
-- that time of its last action. What is done after the purchase does not count: it would tell the outcome. `merged` holds the
-- accounts that belong together.
WITH seen AS (
    SELECT
        customer_id, product_id, event_type, occurred_at, occurred_on, coalesce(channel, '') AS channel,
        CASE
            WHEN date_diff(
                'second', lag(occurred_at) OVER (PARTITION BY customer_id ORDER BY occurred_at, event_id), occurred_at
            ) < $session_seconds
                THEN 0
            ELSE 1
        END AS begins,
        event_id
    FROM events JOIN weeks ON known_on < as_of
    WHERE event_type <> 'impression'
        AND occurred_on >= CAST($since AS DATE) - CAST($look_back_days AS INTEGER)
),

numbered AS (
    SELECT
        customer_id, product_id, event_type, occurred_at, occurred_on, channel,
        sum(begins) OVER (PARTITION BY customer_id ORDER BY occurred_at, event_id ROWS UNBOUNDED PRECEDING) AS session_no
    FROM seen
),

spans AS (
    SELECT
        customer_id, session_no,
        min(occurred_at) AS started_at, max(occurred_at) AS ended_at,
        min(occurred_on) AS started_on, min(channel) AS channel
    FROM numbered
    GROUP BY customer_id, session_no
),

-- Reversals against: an order that was corrected away or cancelled was no purchase.
purchases AS (
    SELECT customer_id, order_id, min(ordered_at) AS ordered_at
    FROM person_sales
    WHERE quantity > 0
    GROUP BY customer_id, order_id
    HAVING sum(sign) > 0
),

timeline AS (
    SELECT customer_id, started_at AS moment, session_no, CAST(NULL AS TIMESTAMP) AS ordered_at FROM spans
    UNION ALL
    SELECT customer_id, ordered_at, NULL, ordered_at FROM purchases
),

around AS (
    SELECT
        customer_id, session_no,
        max(ordered_at) OVER until_then AS last_ordered_at,
        count(ordered_at) OVER until_then AS order_count,
        min(ordered_at) OVER from_then AS next_ordered_at,
        count(session_no) OVER until_then - 1 AS earlier_session_count
    FROM timeline
    -- A purchase in the second in which a session begins is the session's.
    WINDOW
        until_then AS (PARTITION BY customer_id ORDER BY moment, session_no NULLS LAST ROWS UNBOUNDED PRECEDING),
        from_then AS (
            PARTITION BY customer_id ORDER BY moment, session_no NULLS LAST ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        )
),

sessions AS (
    SELECT
        s.customer_id, s.session_no, s.started_at, s.ended_at, s.started_on, s.channel,
        a.last_ordered_at, a.order_count, a.earlier_session_count, a.next_ordered_at,
        coalesce(date_diff('second', s.ended_at, a.next_ordered_at) < $session_seconds, false) AS has_purchased
    FROM spans AS s
    JOIN around AS a ON a.customer_id = s.customer_id AND a.session_no = s.session_no
    WHERE s.started_on >= CAST($since AS DATE) AND s.started_on < (SELECT as_of FROM weeks)
),

actions AS (
    SELECT
        s.customer_id, s.session_no,
        count(*) AS event_count,
        count(*) FILTER (WHERE n.event_type = 'view') AS view_count,
        count(*) FILTER (WHERE n.event_type = 'cart') AS cart_count,
        count(*) FILTER (WHERE n.event_type = 'favorite') AS favorite_count,
        count(*) FILTER (WHERE n.event_type = 'search') AS search_count,
        count(*) FILTER (WHERE n.event_type = 'click') AS click_count,
        count(DISTINCT n.product_id) AS product_count,
        max(n.occurred_at) AS last_action_at
    FROM sessions AS s
    JOIN numbered AS n ON n.customer_id = s.customer_id AND n.session_no = s.session_no
    WHERE NOT s.has_purchased OR n.occurred_at <= s.next_ordered_at
    GROUP BY s.customer_id, s.session_no
)

SELECT
    coalesce(m.person_id, s.customer_id) AS person_id,
    s.customer_id, s.started_at, s.ended_at, s.started_on, s.channel, s.has_purchased,
    a.event_count, a.view_count, a.cart_count, a.favorite_count, a.search_count, a.click_count, a.product_count,
    date_diff('second', s.started_at, a.last_action_at) AS seconds,
    CAST(s.earlier_session_count AS BIGINT) AS earlier_session_count,
    s.order_count,
    date_diff('day', s.last_ordered_at, s.started_at) AS since_order_days
FROM sessions AS s
JOIN actions AS a ON a.customer_id = s.customer_id AND a.session_no = s.session_no
LEFT JOIN merged AS m ON m.customer_id = s.customer_id
ORDER BY s.customer_id, s.started_at
