-- How service answered in the week, all channels together.
SELECT conversation_count, first_reply_median_seconds, settled_count, deflected_share
FROM service_quality
WHERE as_of = getvariable('as_of') AND channel IS NULL
