-- How satisfied reviews (`opinions`) are with each product as of each Monday, and which of the aspects `spoken` of is blamed most.
WITH counted AS (
    SELECT
        as_of,
        product_id,
        count(*) AS review_count,
        count(rating) AS rated_count,
        avg(rating) AS rating,
        count(*) FILTER (WHERE opinion = 'positive') AS positive_count,
        count(*) FILTER (WHERE opinion = 'neutral') AS neutral_count,
        count(*) FILTER (WHERE opinion = 'negative') AS negative_count,
        count(opinion) AS n,
        count(*) FILTER (WHERE known_on >= as_of - 90) AS review_count_90d,
        count(*) FILTER (WHERE opinion = 'positive' AND known_on >= as_of - 90)
        / nullif(count(opinion) FILTER (WHERE known_on >= as_of - 90), 0) AS positive_share_90d
    FROM opinions
    GROUP BY as_of, product_id
),

blamed AS (
    SELECT
        as_of,
        product_id,
        aspect,
        count(*) AS blamed_count,
        row_number() OVER (PARTITION BY as_of, product_id ORDER BY count(*) DESC, aspect) AS place
    FROM spoken
    WHERE p_praised < 0.5 AND known_on >= as_of - 90
    GROUP BY as_of, product_id, aspect
),

-- Wilson (1927): the interval of a share that holds for few rows too; z = 1.96.
shared AS (
    SELECT
        *,
        positive_count / nullif(n, 0) AS share,
        3.8416 / nullif(n, 0) AS z2n
    FROM counted
)

SELECT
    s.as_of,
    s.product_id,
    s.review_count,
    s.rated_count,
    round(s.rating, 4) AS rating,
    s.positive_count,
    s.neutral_count,
    s.negative_count,
    round(s.share, 4) AS positive_share,
    round(greatest(0, (s.share + z2n / 2 - sqrt(z2n * (s.share * (1 - s.share) + z2n / 4))) / (1 + z2n)), 4) AS positive_share_low,
    round(least(1, (s.share + z2n / 2 + sqrt(z2n * (s.share * (1 - s.share) + z2n / 4))) / (1 + z2n)), 4) AS positive_share_high,
    s.review_count_90d,
    round(s.positive_share_90d, 4) AS positive_share_90d,
    b.aspect AS worst_aspect,
    coalesce(b.blamed_count, 0) AS worst_aspect_count
FROM shared AS s
LEFT JOIN blamed AS b ON b.as_of = s.as_of AND b.product_id IS NOT DISTINCT FROM s.product_id AND b.place = 1
