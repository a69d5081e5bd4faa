-- Customers who will probably not order within the horizon (p_churn of one half or more) and are worth more than the average customer,
-- in each of the `weeks`; those with the most to lose first. Who refuses to be treated by personal traits is not among them.
WITH scored AS (
    SELECT
        p.as_of, p.person_id, p.p_churn, p.horizon_days, p.reasons_zh, p.reasons_en, c.spend_365d, c.purchases_365d, c.recency_days,
        coalesce(v.clv_12m, v.clv_6m, v.clv_3m, v.expected_purchases_12m, v.expected_purchases_6m, v.expected_purchases_3m, c.spend_365d, c.purchases_365d) AS worth,
        CASE
            WHEN v.clv_12m IS NOT NULL THEN 'clv_12m'
            WHEN v.clv_6m IS NOT NULL THEN 'clv_6m'
            WHEN v.clv_3m IS NOT NULL THEN 'clv_3m'
            ELSE ''
        END AS worth_column,
        v.margin_share IS NOT NULL AS is_margin
    FROM predictions AS p
    JOIN customers AS c USING (as_of, person_id)
    LEFT JOIN clv AS v USING (as_of, person_id)
    WHERE list_contains(getvariable('weeks'), p.as_of)
)

SELECT s.*, coalesce(g.label_zh, '') AS label_zh, coalesce(g.label_en, '') AS label_en
FROM (SELECT *, avg(worth) OVER (PARTITION BY as_of) AS average FROM scored) AS s
LEFT JOIN segments AS g USING (as_of, person_id)
WHERE s.p_churn >= 0.5 AND s.worth > s.average AND s.person_id NOT IN (SELECT person_id FROM agreed WHERE refuses)
ORDER BY s.as_of, s.p_churn * s.worth DESC, s.person_id
