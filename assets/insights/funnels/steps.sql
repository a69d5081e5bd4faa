-- How many visits of the seven days before each Monday in `weeks` come to a view, then a cart, then an order, from rows known before it.
-- A visit is what a person does with no pause of $session_seconds or longer; it is that of the week in which it begins, and its channel
-- is that of its first action. An order is that of the visit if it follows within that time of its last action. In the funnel of a
-- category all three are of its products. `merged` holds the accounts that belong together.
WITH events_then AS (
    SELECT
        w.as_of, coalesce(m.person_id, e.customer_id) AS person_id, e.event_id, e.event_type, e.occurred_at, e.occurred_on,
        e.channel, p.category
    FROM weeks AS w
    JOIN events AS e
        ON e.known_on < w.as_of AND e.occurred_on < w.as_of
            AND e.occurred_on >= w.as_of - 7 - CAST($look_back_days AS INTEGER)
    LEFT JOIN merged AS m ON m.as_of = w.as_of AND m.customer_id = e.customer_id
    LEFT JOIN products_then AS p ON p.as_of = w.as_of AND p.product_id = e.product_id
    WHERE e.event_type <> 'impression'
        AND e.occurred_on >= CAST($since AS DATE) AND e.occurred_on < CAST($until AS DATE)
),

begun AS (
    SELECT
        *,
        CASE
            WHEN date_diff('second', lag(occurred_at) OVER in_time, occurred_at) < $session_seconds THEN 0
            ELSE 1
        END AS begins
    FROM events_then
    WINDOW in_time AS (PARTITION BY as_of, person_id ORDER BY occurred_at, event_id)
),

numbered AS (
    SELECT
        *,
        sum(begins) OVER (
            PARTITION BY as_of, person_id ORDER BY occurred_at, event_id ROWS UNBOUNDED PRECEDING
        ) AS visit_no
    FROM begun
),

visits AS (
    SELECT
        as_of, person_id, visit_no,
        min(occurred_at) AS started_at, max(occurred_at) AS ended_at,
        max(CASE WHEN begins = 1 THEN channel END) AS channel
    FROM numbered
    GROUP BY as_of, person_id, visit_no
    HAVING min(occurred_on) >= as_of - 7
),

-- Reversals against: an order that was corrected away or cancelled was none. Returns are other lines, and take nothing back.
lines AS (
    SELECT s.as_of, s.person_id, s.order_id, p.category, s.ordered_at
    FROM person_sales AS s
    LEFT JOIN products_then AS p ON p.as_of = s.as_of AND p.product_id = s.product_id
    WHERE s.quantity > 0
        AND s.ordered_on >= CAST($since AS DATE) AND s.ordered_on < CAST($until AS DATE)
        AND s.ordered_on >= s.as_of - 8
    GROUP BY s.as_of, s.person_id, s.order_id, p.category, s.ordered_at
    HAVING sum(s.sign) > 0
),

actions AS (
    SELECT n.as_of, n.person_id, n.visit_no, v.channel, n.event_type AS step, n.category, n.occurred_at AS moment
    FROM numbered AS n
    JOIN visits AS v ON v.as_of = n.as_of AND v.person_id = n.person_id AND v.visit_no = n.visit_no
    WHERE n.event_type IN ('view', 'cart')
    UNION ALL
    SELECT v.as_of, v.person_id, v.visit_no, v.channel, 'order', l.category, l.ordered_at
    FROM visits AS v
    JOIN lines AS l
        ON l.as_of = v.as_of AND l.person_id = v.person_id AND l.ordered_at >= v.started_at
            AND date_diff('second', v.ended_at, l.ordered_at) < $session_seconds
),

cuts AS (
    SELECT *, 'shop' AS cut, CAST(NULL AS VARCHAR) AS name FROM actions
    UNION ALL
    SELECT *, 'category', category FROM actions WHERE category IS NOT NULL
),

viewed AS (
    SELECT
        *,
        min(CASE WHEN step = 'view' THEN moment END) OVER (PARTITION BY as_of, person_id, visit_no, cut, name) AS viewed_at
    FROM cuts
),

carted AS (
    SELECT
        *,
        min(CASE WHEN step = 'cart' AND moment >= viewed_at THEN moment END)
            OVER (PARTITION BY as_of, person_id, visit_no, cut, name) AS carted_at
    FROM viewed
    WHERE viewed_at IS NOT NULL
),

reached AS (
    SELECT
        as_of, cut, name, channel,
        CASE
            WHEN max(CASE WHEN step = 'order' AND moment >= carted_at THEN 1 END) = 1 THEN 3
            WHEN count(carted_at) > 0 THEN 2
            ELSE 1
        END AS last_step_no
    FROM carted
    GROUP BY as_of, person_id, visit_no, cut, name, channel
),

-- Channels are there where the week has any.
with_channels AS (
    SELECT as_of, cut, name, last_step_no FROM reached
    UNION ALL
    SELECT as_of, 'channel', channel, last_step_no
    FROM reached
    WHERE cut = 'shop' AND as_of IN (SELECT as_of FROM visits WHERE channel IS NOT NULL)
),

counted AS (
    SELECT
        as_of, cut, name,
        count(*) AS view_visits,
        sum(CASE WHEN last_step_no >= 2 THEN 1 ELSE 0 END) AS cart_visits,
        sum(CASE WHEN last_step_no >= 3 THEN 1 ELSE 0 END) AS order_visits
    FROM with_channels
    GROUP BY as_of, cut, name
),

-- What happened in the week in all, guests' orders too.
bought AS (
    SELECT w.as_of, s.order_id, s.channel, p.category
    FROM weeks AS w
    JOIN sales AS s ON s.known_on < w.as_of AND s.ordered_on >= w.as_of - 7 AND s.ordered_on < w.as_of
    LEFT JOIN products_then AS p ON p.as_of = w.as_of AND p.product_id = s.product_id
    WHERE s.quantity > 0 AND s.ordered_on >= CAST($since AS DATE) AND s.ordered_on < CAST($until AS DATE)
    GROUP BY w.as_of, s.order_id, s.channel, p.category
    HAVING sum(s.sign) > 0
),

happened AS (
    SELECT as_of, event_type AS step, channel, category, event_id AS id
    FROM events_then
    WHERE event_type IN ('view', 'cart') AND occurred_on >= as_of - 7
    UNION ALL
    SELECT as_of, 'order', channel, category, order_id FROM bought
),

in_all AS (
    SELECT as_of, 'shop' AS cut, CAST(NULL AS VARCHAR) AS name, step, count(DISTINCT id) AS action_count
    FROM happened
    GROUP BY as_of, step
    UNION ALL
    SELECT as_of, 'channel', channel, step, count(DISTINCT id) FROM happened GROUP BY as_of, channel, step
    UNION ALL
    SELECT as_of, 'category', category, step, count(DISTINCT id) FROM happened GROUP BY as_of, category, step
),

-- A week in which every view belongs to visits begun before it has a funnel too, of nobody.
funnels_then AS (
    SELECT as_of, cut, name FROM counted
    UNION
    SELECT as_of, cut, name FROM in_all WHERE cut = 'shop' AND step <> 'order'
),

steps AS (
    SELECT * FROM (VALUES (1, 'view'), (2, 'cart'), (3, 'order')) AS s(step_no, step)
)

SELECT
    f.as_of, f.cut, f.name, s.step_no,
    coalesce(CASE s.step_no WHEN 1 THEN c.view_visits WHEN 2 THEN c.cart_visits ELSE c.order_visits END, 0) AS visit_count,
    coalesce(a.action_count, 0) AS action_count
FROM funnels_then AS f
CROSS JOIN steps AS s
LEFT JOIN counted AS c ON c.as_of = f.as_of AND c.cut = f.cut AND c.name IS NOT DISTINCT FROM f.name
LEFT JOIN in_all AS a
    ON a.as_of = f.as_of AND a.cut = f.cut AND a.name IS NOT DISTINCT FROM f.name AND a.step = s.step
