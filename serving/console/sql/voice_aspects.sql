-- What is said of each aspect of the shop as a whole, with the interval of its praise, the most spoken of first.
SELECT aspect, aspect_zh, aspect_en, praised_share, praised_share_low, praised_share_high, praised_share_before, quotes, blamed_count
FROM aspect_trends
WHERE as_of = getvariable('as_of') AND product_id IS NULL AND mention_count > 0
ORDER BY mention_count DESC, aspect
