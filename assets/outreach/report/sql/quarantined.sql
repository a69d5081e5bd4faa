-- Rows of the week's deliveries that could not be believed, by table and reason.
SELECT source_table, reason, sum(row_count) AS row_count
FROM quarantine_counts
WHERE delivered_on >= getvariable('as_of') - 7 AND delivered_on < getvariable('as_of')
GROUP BY source_table, reason
ORDER BY row_count DESC, source_table, reason
