-- Of each assignment whose window has closed, of weeks that were carried out: whether the person bought in it, as known before $week.
-- Of such a week everybody who was to get the action counts, delivered or not, as everybody held out does. `merged`: who is one person now.
WITH assigned_then AS (
    SELECT a.*, coalesce(m.person_id, a.person_id) AS person_now
    FROM assigned AS a LEFT JOIN merged AS m ON m.customer_id = a.person_id
    WHERE a.closes_on <= $week
)
SELECT
    a.as_of, a.person_now AS person_id, a.action, a.arm, a.is_measured, a.season, a.segment_id, a.p_purchase, a.holdout_share,
    CAST(coalesce(sum(d.line_count), 0) > 0 AS DOUBLE) AS bought
FROM assigned_then AS a
JOIN carried_out AS c ON c.action = a.action AND c.as_of = a.as_of
LEFT JOIN person_days AS d ON d.person_id = a.person_now AND d.active_on >= a.as_of AND d.active_on < a.closes_on
GROUP BY ALL
ORDER BY a.as_of, a.action, person_id, a.arm
