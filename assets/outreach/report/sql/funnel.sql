-- Visits of each week of the shop as a whole that come to a product view, to the cart and to an order.
SELECT
    as_of,
    max(visit_count) FILTER (WHERE step = 'view') AS visits,
    max(visit_count) FILTER (WHERE step = 'cart') AS carted,
    max(visit_count) FILTER (WHERE step = 'order') AS ordered,
    max(view_share) FILTER (WHERE step = 'order') AS conversion
FROM funnels
WHERE cut = 'shop' AND as_of <= getvariable('as_of')
GROUP BY as_of
ORDER BY as_of
