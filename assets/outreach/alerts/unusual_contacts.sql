-- What service is asked far more than usual, and was not in the four weeks before: of the shop, or of products where the shop as a whole is
-- asked as usual.
SELECT
    t.product_id, n.title, coalesce(t.product_id, '') || ' ' || t.intent AS subject, NULL::DATE AS since_on,
    round((t.conversation_count - t.usual_count) * greatest(coalesce(s.revenue / nullif(s.order_count, 0), 0), 0), 2) AS weight,
    s.revenue / nullif(s.order_count, 0) AS order_value, t.intent_zh, t.intent_en, t.conversation_count, t.usual_count
FROM contact_reasons AS t
LEFT JOIN sold AS s ON s.product_id IS NOT DISTINCT FROM t.product_id
LEFT JOIN products_then AS n ON n.product_id = t.product_id
WHERE t.as_of = $week AND t.is_unusual AND t.conversation_count > t.usual_count AND t.intent <> $other
    AND NOT EXISTS (FROM earlier AS e WHERE e.product_id IS NOT DISTINCT FROM t.product_id AND e.name = t.intent)
    AND NOT (
        t.product_id IS NOT NULL
        AND EXISTS (
            FROM contact_reasons AS w
            WHERE w.as_of = $week AND w.product_id IS NULL AND w.intent = t.intent AND w.is_unusual AND w.conversation_count > w.usual_count
        )
    )
ORDER BY weight DESC, subject
LIMIT $most
