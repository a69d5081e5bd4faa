-- The funnels of the week: of the shop, of its channels, of its categories, the largest first.
SELECT
    cut,
    name,
    cut || ' ' || coalesce(name, '') AS key,
    max(visit_count) FILTER (WHERE step = 'view') AS visits,
    max(share) FILTER (WHERE step = 'cart') AS carted,
    max(share) FILTER (WHERE step = 'order') AS ordered,
    max(view_share) FILTER (WHERE step = 'order') AS conversion,
    max(view_share_low) FILTER (WHERE step = 'order') AS conversion_low,
    max(view_share_high) FILTER (WHERE step = 'order') AS conversion_high,
    bool_or(is_drop) AS is_drop
FROM funnels
WHERE as_of = getvariable('as_of')
GROUP BY cut, name
HAVING max(visit_count) > 0
ORDER BY CASE cut WHEN 'shop' THEN 0 WHEN 'channel' THEN 1 ELSE 2 END, visits DESC, name
