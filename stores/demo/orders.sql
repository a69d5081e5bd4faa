SELECT
    order_id, line_no, customer_id, product_id, quantity, unit_price, discount, ordered_at, paid_at,
    shipped_at, delivered_at, cancelled_at, channel, line_type
FROM orders
