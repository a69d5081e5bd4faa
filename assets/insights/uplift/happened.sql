-- Of each assignment whose window has closed, of weeks that were carried out, as known before $week: whether the person bought in it (of
-- an action that aims at a category: bought of it), and the margin on all they paid in it, returns netted on their own day. Of such a week
-- everybody who was to get the action counts, delivered or not, as everybody held out does. `merged`: who is one person now.
WITH assigned_then AS (
    SELECT a.*, coalesce(m.person_id, a.person_id) AS person_now
    FROM assigned AS a LEFT JOIN merged AS m ON m.customer_id = a.person_id
    JOIN carried_out AS c ON c.action = a.action AND c.as_of = a.as_of
    WHERE a.closes_on <= $week
),

bought AS (
    SELECT a.action_id, sum(d.line_count) AS line_count
    FROM assigned_then AS a
    JOIN person_days AS d ON d.person_id = a.person_now AND d.active_on >= a.as_of AND d.active_on < a.closes_on
    GROUP BY a.action_id
),

-- Where a product's cost is not known, its margin is the shop's usual share.
paid AS (
    SELECT
        a.action_id,
        sum(s.sign) FILTER (WHERE s.quantity > 0 AND p.category = CAST(a.category AS VARCHAR)) AS aimed_count,
        sum(s.sign * coalesce(CAST(s.amount AS DOUBLE) - CAST(s.quantity * k.cost AS DOUBLE), $margin_share * CAST(s.amount AS DOUBLE))) AS margin
    FROM assigned_then AS a
    JOIN person_sales AS s ON s.person_id = a.person_now AND s.ordered_on >= a.as_of AND s.ordered_on < a.closes_on
    LEFT JOIN products_then AS p ON p.product_id = s.product_id
    LEFT JOIN costs_then AS k ON k.product_id = s.product_id
    GROUP BY a.action_id
)

SELECT
    a.as_of, a.closes_on, a.person_now AS person_id, a.person_id AS person_then, a.action, a.arm, a.is_measured, a.season, a.segment_id,
    a.p_purchase, a.margin_value, a.holdout_share,
    CAST(coalesce(CASE WHEN a.category IS NULL THEN b.line_count ELSE p.aimed_count END, 0) > 0 AS DOUBLE) AS bought,
    round(coalesce(p.margin, 0), 4) AS margin
FROM assigned_then AS a
LEFT JOIN bought AS b ON b.action_id = a.action_id
LEFT JOIN paid AS p ON p.action_id = a.action_id
-- Of two accounts that turn out to be one person, drawn in one week, the one that comes first by its name counts: its arm is left out of that.
ORDER BY a.as_of, a.action, person_id, person_then
