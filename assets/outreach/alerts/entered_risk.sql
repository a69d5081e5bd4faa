-- Valuable customers who are likelier to leave than the limit, and by the same model were not a week before.
SELECT
    p.person_id, p.person_id || ' ' || CAST(p.last_purchase_on AS VARCHAR) AS subject, p.last_purchase_on AS since_on,
    round(p.p_churn * p.worth, 2) AS weight, p.worth, p.months, p.is_margin, b.p_churn AS p_before, p.p_churn, p.reasons_zh, p.reasons_en
FROM valued AS p
JOIN before AS b ON b.person_id = p.person_id
WHERE p.is_valuable AND NOT p.refuses AND p.p_churn >= $least_risk AND b.p_churn < $least_risk
ORDER BY weight DESC, p.person_id
LIMIT $most
