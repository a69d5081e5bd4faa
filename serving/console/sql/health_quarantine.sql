-- Rows that could not be believed, by table and reason: of the week, of four weeks, of all deliveries.
SELECT
    source_table, reason,
    coalesce(sum(row_count) FILTER (WHERE delivered_on >= getvariable('as_of') - 7), 0) AS week_count,
    coalesce(sum(row_count) FILTER (WHERE delivered_on >= getvariable('as_of') - 28), 0) AS month_count,
    sum(row_count) AS row_count
FROM quarantine_counts
WHERE delivered_on < getvariable('as_of')
GROUP BY source_table, reason
ORDER BY week_count DESC, month_count DESC, row_count DESC, source_table, reason
LIMIT 30
