-- The segments of the week, the largest first.
SELECT * EXCLUDE (as_of)
FROM segment_profiles
WHERE as_of = getvariable('as_of')
ORDER BY customer_count DESC, segment_id
