-- How satisfied reviews are with each product: the first thirty by each order, and how many lie wholly below the shop as a whole.
WITH judged AS (
    SELECT *, sum(positive_count) OVER () / nullif(sum(positive_count + neutral_count + negative_count) OVER (), 0) AS shop_share
    FROM product_satisfaction
    WHERE as_of = getvariable('as_of') AND product_id IS NOT NULL AND positive_share IS NOT NULL
)

SELECT
    j.product_id, p.title, j.review_count, j.rating, j.negative_count, j.positive_share, j.positive_share_low, j.positive_share_high,
    j.review_count_90d, j.positive_share_90d, j.worst_aspect, j.worst_aspect_count, a.aspect_zh, a.aspect_en, j.shop_share,
    count(*) OVER () AS judged_count, count(*) FILTER (WHERE j.positive_share_high < j.shop_share) OVER () AS poor_count
FROM judged AS j
LEFT JOIN catalogue AS p USING (product_id)
LEFT JOIN (SELECT aspect, any_value(aspect_zh) AS aspect_zh, any_value(aspect_en) AS aspect_en FROM aspect_trends GROUP BY aspect) AS a
    ON a.aspect = j.worst_aspect
QUALIFY least(
    row_number() OVER (ORDER BY j.positive_share_high, j.product_id),
    row_number() OVER (ORDER BY j.review_count DESC, j.product_id),
    row_number() OVER (ORDER BY j.negative_count DESC, j.product_id)
) <= 30
ORDER BY j.product_id
