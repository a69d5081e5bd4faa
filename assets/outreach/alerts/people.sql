-- The buyers of a week with what they are worth: by what is expected of them, or, of who refuses to be treated by personal traits, by what
-- they spent. `is_valuable`: worth what the shop asks for, by default more than the average.
WITH worths AS (
    SELECT
        c.person_id, c.last_purchase_on, c.recency_days, coalesce(k.refuses, false) AS refuses,
        p.p_churn, p.reasons_zh, p.reasons_en, v.margin_share IS NOT NULL AS is_margin,
        CASE WHEN $has_prices THEN CAST(c.spend_365d AS DOUBLE) ELSE c.purchases_365d END AS spent,
        CASE
            WHEN NOT $has_prices THEN coalesce(v.expected_purchases_12m, v.expected_purchases_6m, v.expected_purchases_3m)
            ELSE coalesce(v.clv_12m, v.clv_6m, v.clv_3m)
        END AS expected,
        CASE WHEN v.clv_12m IS NOT NULL THEN 12 WHEN v.clv_6m IS NOT NULL THEN 6 WHEN v.clv_3m IS NOT NULL THEN 3 END AS months
    FROM buyers AS c
    LEFT JOIN predictions AS p ON p.as_of = c.as_of AND p.person_id = c.person_id
    LEFT JOIN clv AS v ON v.as_of = c.as_of AND v.person_id = c.person_id
    LEFT JOIN agreed AS k ON k.as_of = c.as_of AND k.person_id = c.person_id
    WHERE c.as_of = $week AND c.frequency > 0
),

weighed AS (
    SELECT
        person_id, last_purchase_on, recency_days, refuses, p_churn, reasons_zh, reasons_en,
        CASE WHEN refuses THEN spent ELSE coalesce(expected, spent) END AS worth,
        is_margin AND expected IS NOT NULL AND NOT refuses AS is_margin,
        CASE WHEN expected IS NOT NULL AND NOT refuses THEN months END AS months,
        avg(spent) OVER () AS usual_spent,
        avg(coalesce(expected, spent)) OVER () AS usual_worth
    FROM worths
)

SELECT
    * EXCLUDE (usual_spent, usual_worth),
    CASE
        WHEN $least_worth IS NOT NULL THEN worth >= $least_worth
        WHEN refuses THEN worth > usual_spent
        ELSE worth > usual_worth
    END AS is_valuable
FROM weighed
