-- en: One survey may answer for several orders: the order makes the id unique.
-- en: The creation date is the day on which the survey was sent out; the customer wrote at the answer's instant.
-- en: A survey is about an order: it names a product only where the order holds no other.
-- zh: 一份问卷可以回答几个订单：加上订单号才唯一。
-- zh: creation date 是问卷发出的日子；客户是在 answer 的时刻写的。
-- zh: 问卷问的是订单：订单里只有一种商品时才记到商品上。
WITH sold AS (
    SELECT order_id, CASE WHEN count(DISTINCT product_id) = 1 THEN min(product_id) END AS product_id
    FROM items
    GROUP BY order_id
)

SELECT
    s.review_id || '-' || s.order_id AS review_id,
    a.customer_unique_id AS customer_id,
    sold.product_id,
    s.review_score AS rating,
    nullif(concat_ws(chr(10), s.review_comment_title, s.review_comment_message), '') AS text,
    s.review_answer_timestamp AS reviewed_at
FROM surveys AS s
LEFT JOIN orders AS o ON o.order_id = s.order_id
LEFT JOIN accounts AS a ON a.customer_id = o.customer_id
LEFT JOIN sold ON sold.order_id = s.order_id
ORDER BY s.review_answer_timestamp, s.review_id, s.order_id
