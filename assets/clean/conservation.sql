-- For every delivery day: what arrived, and what became of it, each counted where it lies. Nothing may be unaccounted for.
SELECT
    delivered_on,
    sum(arrived) AS arrived_count,
    sum(quarantined) AS quarantined_count,
    sum(duplicates) AS duplicate_count,
    sum(erased) AS erased_count,
    sum(arrived) - sum(booked) - sum(quarantined) - sum(duplicates) - sum(erased) AS unaccounted_rows,
    CASE WHEN sum(arrived) >= {few} THEN sum(duplicates) / sum(arrived) END AS repeated_share,
    coalesce(sum(arrived_money), 0) - coalesce(sum(kept_money), 0) AS unaccounted_money,
    -- A few bad rows in a day of a few rows are dirt, not a broken delivery.
    CASE
        WHEN sum(quarantined) >= {few} OR (sum(quarantined) = sum(arrived) AND sum(arrived) >= 3)
            THEN sum(quarantined) / sum(arrived)
    END AS quarantined_share
FROM (
    SELECT delivered_on, count(*) AS arrived, 0 AS booked, 0 AS quarantined, 0 AS duplicates, 0 AS erased, sum({raw_money}) AS arrived_money, 0 AS kept_money
    FROM {raw} JOIN asked USING (delivered_on) GROUP BY delivered_on
    UNION ALL
    -- Rows of who is erased since: what was counted when they were delivered, less what is kept.
    SELECT delivered_on, e.delivered_count - coalesce(k.row_count, 0), 0, 0, 0, e.erased_count, 0, 0
    FROM ops.erased_rows AS e JOIN asked USING (delivered_on)
    LEFT JOIN (SELECT delivered_on, count(*) AS row_count FROM {raw} JOIN asked USING (delivered_on) GROUP BY delivered_on) AS k USING (delivered_on)
    WHERE e.source_table = '{table}'
    UNION ALL
    SELECT delivered_on, 0, count(*), 0, 0, 0, 0, sum({money}) FROM stage WHERE sign = 1 GROUP BY delivered_on
    UNION ALL
    SELECT delivered_on, 0, 0, count(*), 0, 0, 0, sum(money) FROM quarantined GROUP BY delivered_on
    UNION ALL
    SELECT delivered_on, 0, 0, 0, count(*), 0, 0, sum({money}) FROM compared WHERE is_duplicate GROUP BY delivered_on
)
GROUP BY delivered_on
