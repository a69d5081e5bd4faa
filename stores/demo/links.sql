SELECT
    customer_id, key_type, key_value, channel, known_on
FROM links
