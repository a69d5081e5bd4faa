-- Aspects whose praise fell by more than noise and had not in the four weeks before: of the shop, or of products where the shop as a whole
-- does not fall.
SELECT
    t.product_id, n.title, coalesce(t.product_id, '') || ' ' || t.aspect AS subject, NULL::DATE AS since_on,
    round(-t.change * greatest(coalesce(s.revenue, 0), 0), 2) AS weight, s.revenue, t.aspect_zh, t.aspect_en, t.mention_count, t.praised_share,
    t.praised_share_before, t.change
FROM aspect_trends AS t
LEFT JOIN sold AS s ON s.product_id IS NOT DISTINCT FROM t.product_id
LEFT JOIN products_then AS n ON n.product_id = t.product_id
WHERE t.as_of = $week AND t.is_drop
    AND NOT EXISTS (FROM earlier AS e WHERE e.product_id IS NOT DISTINCT FROM t.product_id AND e.name = t.aspect)
    AND NOT (
        t.product_id IS NOT NULL
        AND EXISTS (FROM aspect_trends AS w WHERE w.as_of = $week AND w.product_id IS NULL AND w.aspect = t.aspect AND w.is_drop)
    )
ORDER BY weight DESC, subject
LIMIT $most
