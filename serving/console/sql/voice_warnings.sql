-- Aspects whose praise fell by more than noise, of the shop as a whole and of products.
SELECT t.product_id, p.title, t.aspect, t.aspect_zh, t.aspect_en, t.mention_count, t.praised_share, t.praised_share_before
FROM aspect_trends AS t
LEFT JOIN catalogue AS p USING (product_id)
WHERE t.as_of = getvariable('as_of') AND t.is_drop
ORDER BY t.product_id NULLS FIRST, t.z
LIMIT 20
