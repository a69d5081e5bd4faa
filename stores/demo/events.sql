SELECT
    event_id, customer_id, event_type, product_id, session_id, occurred_at, channel, list_id,
    position, query
FROM events
