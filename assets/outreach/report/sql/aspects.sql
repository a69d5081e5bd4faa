-- What is said of each aspect of the shop as a whole, the most spoken of first.
SELECT aspect, aspect_zh, aspect_en, mention_count, praised_count, blamed_count, praised_share, mention_count_before, praised_share_before, z, quotes
FROM aspect_trends
WHERE as_of = getvariable('as_of') AND product_id IS NULL AND mention_count > 0
ORDER BY mention_count DESC, aspect
