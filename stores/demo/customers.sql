SELECT
    customer_id, registered_at, gender, birth_year, region, occupation, channel, email, phone,
    marketing_consent, known_on
FROM customers
