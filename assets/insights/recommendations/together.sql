-- Pairs of products in the same order as of $week: how often, and how much more often than if they did not belong together.
-- One order a row of `baskets`; orders of more than $most lines (a reseller's stock) pair everything with everything and are left out.
WITH lines AS (
    SELECT s.order_id, s.product_id
    FROM sales AS s
    WHERE s.known_on < $week AND s.product_id IS NOT NULL AND s.quantity > 0
    GROUP BY s.order_id, s.product_id
    HAVING sum(s.sign) > 0
),

sizes AS (SELECT order_id FROM lines GROUP BY order_id HAVING count(*) <= $most),

baskets AS (SELECT l.order_id, l.product_id FROM lines AS l JOIN sizes AS s ON s.order_id = l.order_id),

sums AS (SELECT product_id, count(*) AS order_count FROM baskets GROUP BY product_id),

whole AS (SELECT count(DISTINCT order_id) AS order_count FROM baskets),

pairs AS (
    SELECT a.product_id, b.product_id AS other_product_id, count(*) AS order_count
    FROM baskets AS a JOIN baskets AS b ON b.order_id = a.order_id AND b.product_id <> a.product_id
    GROUP BY a.product_id, b.product_id HAVING count(*) >= $least
),

judged AS (
    SELECT
        p.product_id, p.other_product_id, p.order_count,
        p.order_count / CAST(a.order_count AS DOUBLE) AS confidence,
        p.order_count * CAST(w.order_count AS DOUBLE) / (CAST(a.order_count AS DOUBLE) * b.order_count) AS lift,
        p.order_count / CAST(w.order_count AS DOUBLE) AS support
    FROM pairs AS p
    JOIN sums AS a ON a.product_id = p.product_id
    JOIN sums AS b ON b.product_id = p.other_product_id
    CROSS JOIN whole AS w
)

SELECT
    CAST($week AS DATE) AS as_of, product_id, other_product_id, order_count,
    round(support, 9) AS support_share, round(confidence, 9) AS confidence_share, round(lift, 6) AS lift,
    row_number() OVER (PARTITION BY product_id ORDER BY lift * order_count / (order_count + 5.0) DESC, other_product_id) AS position
FROM judged WHERE lift > 1
