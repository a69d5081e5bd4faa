-- Who moved up or down the lifecycle groups in each of the `weeks`. Up is towards the group that is read first.
WITH ranks AS (
    SELECT as_of, name_en, position FROM rfm_profiles WHERE kind = 'group'
)

SELECT
    m.as_of, m.from_zh, m.from_en, m.to_zh, m.to_en, m.customer_count, m.spend_90d, m.is_refit,
    CASE WHEN b.position > n.position THEN 'up' ELSE 'down' END AS direction
FROM rfm_moves AS m
JOIN ranks AS b ON b.as_of = m.as_of AND b.name_en = m.from_en
JOIN ranks AS n ON n.as_of = m.as_of AND n.name_en = m.to_en
WHERE m.kind = 'group' AND m.from_en <> m.to_en AND list_contains(getvariable('weeks'), m.as_of)
ORDER BY m.as_of, m.spend_90d DESC, m.customer_count DESC, m.from_en, m.to_en
