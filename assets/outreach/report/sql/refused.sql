-- Days and weeks that a check keeps out as things stand.
SELECT table_name, partition_key, check_name
FROM refusals
WHERE partition_key <= CAST(getvariable('as_of') AS VARCHAR)
ORDER BY partition_key DESC, table_name, check_name
