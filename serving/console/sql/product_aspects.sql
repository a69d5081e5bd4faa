-- What is said of each aspect of a product, the most spoken of first.
SELECT aspect, aspect_zh, aspect_en, mention_count, praised_count, blamed_count, mention_count_before, praised_share_before, quotes
FROM aspect_trends
WHERE as_of = getvariable('as_of') AND product_id = getvariable('asked') AND mention_count > 0
ORDER BY mention_count DESC, aspect
