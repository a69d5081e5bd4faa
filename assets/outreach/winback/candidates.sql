-- The buyers of a week, and with $with_visitors who has come and never bought, with what a plan needs of them. Of whom it is not known that they agree to be
-- addressed, they do not.
SELECT
    c.person_id, c.recency_days, c.frequency, c.monetary_value, c.purchases_90d, c.purchases_365d, c.spend_90d, c.spend_365d, c.gap_mean_days,
    c.recency_to_gap, c.purchase_trend, c.return_share, c.lines_a_purchase, c.category_count, c.channel_count, c.session_count_30d,
    c.view_count_30d, c.cart_count_30d, c.visit_recency_days, p.p_purchase, p.expected_spend, v.margin_share, s.segment_id,
    coalesce(k.agrees, false) AS agrees, coalesce(k.refuses, false) AS refuses
FROM buyers AS c
LEFT JOIN predictions AS p ON p.as_of = c.as_of AND p.person_id = c.person_id
LEFT JOIN clv AS v ON v.as_of = c.as_of AND v.person_id = c.person_id
LEFT JOIN segments AS s ON s.as_of = c.as_of AND s.person_id = c.person_id
LEFT JOIN agreed AS k ON k.as_of = c.as_of AND k.person_id = c.person_id
WHERE c.as_of = $week AND (p.person_id IS NOT NULL OR ($with_visitors AND c.frequency = 0))
ORDER BY c.person_id
