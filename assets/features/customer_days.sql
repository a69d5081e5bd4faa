-- One row an account, day and channel of what was delivered on the days in `asked`, of sales to known customers and of events.
WITH lines AS (
    SELECT
        customer_id, ordered_on AS active_on, coalesce(channel, '') AS channel, delivered_on, known_on,
        CASE WHEN quantity > 0 THEN sign ELSE 0 END AS bought,
        CASE WHEN quantity < 0 THEN sign ELSE 0 END AS gone_back,
        abs(quantity) AS pieces,
        abs(amount) AS amount
    FROM sales JOIN asked USING (delivered_on)
    WHERE customer_id IS NOT NULL
),

bought_lines AS (
    SELECT
        customer_id, active_on, channel, delivered_on, known_on,
        sum(bought) AS line_count,
        sum(bought * pieces) AS item_count,
        sum(bought * amount) AS gross,
        sum(gone_back) AS returned_line_count,
        sum(gone_back * pieces) AS returned_item_count,
        sum(gone_back * amount) AS returned
    FROM lines
    GROUP BY customer_id, active_on, channel, delivered_on, known_on
),

visits AS (
    SELECT
        customer_id, occurred_on AS active_on, coalesce(channel, '') AS channel, delivered_on, known_on, event_type,
        CASE
            WHEN date_diff(
                'second',
                lag(occurred_at) OVER (PARTITION BY customer_id, delivered_on ORDER BY occurred_at, row_no),
                occurred_at
            ) < $session_seconds
                THEN 0
            ELSE 1
        END AS begins_session
    FROM events JOIN asked USING (delivered_on)
    WHERE event_type <> 'impression'
),

actions AS (
    SELECT
        customer_id, active_on, channel, delivered_on, known_on,
        count(*) FILTER (WHERE event_type = 'view') AS view_count,
        count(*) FILTER (WHERE event_type = 'cart') AS cart_count,
        count(*) FILTER (WHERE event_type = 'favorite') AS favorite_count,
        count(*) FILTER (WHERE event_type = 'search') AS search_count,
        count(*) FILTER (WHERE event_type = 'click') AS click_count,
        sum(begins_session) AS session_count
    FROM visits
    GROUP BY customer_id, active_on, channel, delivered_on, known_on
)

SELECT
    coalesce(o.customer_id, e.customer_id) AS customer_id,
    coalesce(o.active_on, e.active_on) AS active_on,
    coalesce(o.channel, e.channel) AS channel,
    coalesce(o.delivered_on, e.delivered_on) AS delivered_on,
    coalesce(o.known_on, e.known_on) AS known_on,
    coalesce(o.line_count, 0) AS line_count,
    coalesce(o.item_count, 0) AS item_count,
    coalesce(o.gross, 0) AS gross,
    coalesce(o.returned_line_count, 0) AS returned_line_count,
    coalesce(o.returned_item_count, 0) AS returned_item_count,
    coalesce(o.returned, 0) AS returned,
    coalesce(e.view_count, 0) AS view_count,
    coalesce(e.cart_count, 0) AS cart_count,
    coalesce(e.favorite_count, 0) AS favorite_count,
    coalesce(e.search_count, 0) AS search_count,
    coalesce(e.click_count, 0) AS click_count,
    coalesce(e.session_count, 0) AS session_count
FROM bought_lines AS o
FULL JOIN actions AS e
    ON e.customer_id = o.customer_id AND e.active_on = o.active_on AND e.channel = o.channel
        AND e.delivered_on = o.delivered_on AND e.known_on = o.known_on
