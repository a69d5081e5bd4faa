-- en: An account stands for one order; the customer behind it is customer_unique_id. Each order says where the customer lived
-- en: then: a customer is known from the day of the first order on, and a move is a change on the day of a later one.
-- zh: 一个账号只有一个订单，背后的客户是 customer_unique_id。每个订单说明客户当时住在哪里：
-- zh: 客户从第一个订单那天起算作已知，搬家是后来订单那天的变化。
SELECT
    a.customer_unique_id AS customer_id,
    a.customer_state AS region,
    CAST(o.order_purchase_timestamp AS DATE) AS known_on
FROM accounts AS a
LEFT JOIN orders AS o ON o.customer_id = a.customer_id
ORDER BY o.order_purchase_timestamp, a.customer_id
