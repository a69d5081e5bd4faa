-- Who was in which segment a week before and is in which now.
SELECT * EXCLUDE (as_of)
FROM segment_moves
WHERE as_of = getvariable('as_of')
ORDER BY from_segment_id, to_segment_id
