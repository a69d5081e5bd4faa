-- What each product sold in the week beside the weeks before it, returns aside, as known on each Monday: the first fifty by each order.
WITH weekly AS (
    SELECT
        product_id, CAST(date_trunc('week', ordered_on) AS DATE) + 7 AS as_of,
        sum(sign * quantity) AS pieces, sum(sign * amount) AS revenue
    FROM sales
    WHERE quantity > 0 AND ordered_on >= getvariable('as_of') - 98 AND known_on < CAST(date_trunc('week', ordered_on) AS DATE) + 7
    GROUP BY ALL
),

listed AS (
    SELECT
        p.product_id,
        list(coalesce(w.pieces, 0) ORDER BY m.as_of) FILTER (WHERE m.as_of < getvariable('as_of')) AS before,
        coalesce(sum(w.pieces) FILTER (WHERE m.as_of = getvariable('as_of')), 0) AS pieces,
        coalesce(sum(w.revenue) FILTER (WHERE m.as_of = getvariable('as_of')), 0) AS revenue
    FROM (SELECT DISTINCT product_id FROM weekly) AS p
    CROSS JOIN (SELECT unnest(getvariable('weeks')) AS as_of) AS m
    LEFT JOIN weekly AS w USING (product_id, as_of)
    GROUP BY p.product_id
),

compared AS (
    SELECT *, pieces - CASE WHEN len(before) >= 8 THEN list_median(before) END AS change
    FROM listed
)

SELECT c.product_id, p.title, p.category, c.pieces, c.revenue, c.before, c.change, count(*) FILTER (WHERE c.pieces > 0) OVER () AS sold_count
FROM compared AS c
LEFT JOIN catalogue AS p USING (product_id)
QUALIFY least(
    row_number() OVER (ORDER BY c.revenue DESC, c.product_id),
    row_number() OVER (ORDER BY c.pieces DESC, c.product_id),
    row_number() OVER (ORDER BY c.change DESC NULLS LAST, c.product_id),
    row_number() OVER (ORDER BY c.change NULLS LAST, c.product_id)
) <= 50
ORDER BY c.product_id
