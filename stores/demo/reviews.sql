-- The dates of reviews come as text; what is no date ends in quarantine.
SELECT
    review_id, customer_id, product_id, rating, text, reviewed_at
FROM reviews
