-- Valuable customers who went down into a lifecycle group of those who buy less lately, by the same cut points, and are not at risk yet by
-- what is predicted: of those the risk itself is told.
SELECT
    p.person_id, p.person_id || ' ' || g.group_en || ' ' || CAST(p.last_purchase_on AS VARCHAR) AS subject, p.last_purchase_on AS since_on,
    round(coalesce(p.p_churn, 1) * p.worth, 2) AS weight, p.worth, p.months, p.is_margin, p.p_churn, p.recency_days,
    b.group_zh AS from_zh, b.group_en AS from_en, g.group_zh AS to_zh, g.group_en AS to_en
FROM valued AS p
JOIN rfm AS g ON g.as_of = $week AND g.person_id = p.person_id
JOIN before AS b ON b.person_id = p.person_id
JOIN rfm_profiles AS f ON f.as_of = $week AND f.kind = 'group' AND f.name_en = b.group_en
JOIN rfm_profiles AS t ON t.as_of = $week AND t.kind = 'group' AND t.name_en = g.group_en
WHERE p.is_valuable AND NOT p.refuses AND t.position > f.position AND g.r_score <= 3 AND NOT coalesce(p.p_churn >= $least_risk, false)
ORDER BY weight DESC, p.person_id
LIMIT $most
