-- The figures of the room Data health. `$row` is a table; a table and a reason; a model; a measure; a Monday; the place of a group.

-- health.rows
SELECT estimated_size FROM duckdb_tables() WHERE NOT internal AND schema_name || '.' || table_name = $row
-- health.week_quarantined
SELECT coalesce(sum(row_count), 0) FROM ops.quarantine_counts WHERE source_table || ': ' || reason = $row AND delivered_on BETWEEN AS_OF - 7 AND AS_OF - 1
-- health.month_quarantined
SELECT coalesce(sum(row_count), 0) FROM ops.quarantine_counts WHERE source_table || ': ' || reason = $row AND delivered_on BETWEEN AS_OF - 28 AND AS_OF - 1
-- health.all_quarantined
SELECT coalesce(sum(row_count), 0) FROM ops.quarantine_counts WHERE source_table || ': ' || reason = $row AND delivered_on < AS_OF
-- health.auc
SELECT max(CAST((h->>'$.auc') AS DOUBLE)) FROM (SELECT method, unnest(CAST(metrics->'$.holdout.holdout' AS JSON[])) AS h FROM (FROM models.registry WHERE in_force AND fitted_as_of <= AS_OF AND name = $row ORDER BY fitted_as_of DESC LIMIT 1)) WHERE (h->>'$.model') = method
-- health.auc_baseline
SELECT max(CAST((h->>'$.auc') AS DOUBLE)) FROM (SELECT method, unnest(CAST(metrics->'$.holdout.holdout' AS JSON[])) AS h FROM (FROM models.registry WHERE in_force AND fitted_as_of <= AS_OF AND name = $row ORDER BY fitted_as_of DESC LIMIT 1)) WHERE (h->>'$.role') = 'baseline'
-- health.purchase_nearer
SELECT 1 - CAST(metrics->>'$.figures.purchase_error_ratio' AS DOUBLE) FROM (FROM models.registry WHERE in_force AND fitted_as_of <= AS_OF AND name = $row ORDER BY fitted_as_of DESC LIMIT 1)
-- health.money_nearer
SELECT 1 - CAST(metrics->>'$.figures.money_error_ratio' AS DOUBLE) FROM (FROM models.registry WHERE in_force AND fitted_as_of <= AS_OF AND name = $row ORDER BY fitted_as_of DESC LIMIT 1)
-- health.forecast_nearer
SELECT 1 - max(CAST((h->>'$.mase') AS DOUBLE)) FILTER (WHERE (h->>'$.model') = method) / max(CAST((h->>'$.mase') AS DOUBLE)) FILTER (WHERE (h->>'$.model') = 'seasonal naive') FROM (SELECT method, unnest(CAST(metrics->'$.holdout.holdout' AS JSON[])) AS h FROM (FROM models.registry WHERE in_force AND fitted_as_of <= AS_OF AND name = $row ORDER BY fitted_as_of DESC LIMIT 1)) WHERE (h->>'$.series') = 'orders'
-- health.recall
SELECT max(CAST((h->>'$.recall') AS DOUBLE)) FROM (SELECT method, unnest(CAST(metrics->'$.holdout.holdout' AS JSON[])) AS h FROM (FROM models.registry WHERE in_force AND fitted_as_of <= AS_OF AND name = $row ORDER BY fitted_as_of DESC LIMIT 1)) WHERE (h->>'$.list') = 'discover' AND (h->>'$.customers') = 'warm' AND (h->>'$.method') = 'model'
-- health.recall_popular
SELECT max(CAST((h->>'$.recall') AS DOUBLE)) FROM (SELECT method, unnest(CAST(metrics->'$.holdout.holdout' AS JSON[])) AS h FROM (FROM models.registry WHERE in_force AND fitted_as_of <= AS_OF AND name = $row ORDER BY fitted_as_of DESC LIMIT 1)) WHERE (h->>'$.list') = 'discover' AND (h->>'$.customers') = 'warm' AND (h->>'$.method') = 'popularity'
-- health.right
SELECT max(CAST((h->>'$.accuracy') AS DOUBLE)) FROM (SELECT method, unnest(CAST(metrics->'$.holdout.holdout' AS JSON[])) AS h FROM (FROM models.registry WHERE in_force AND fitted_as_of <= AS_OF AND name = $row ORDER BY fitted_as_of DESC LIMIT 1)) WHERE (h->>'$.model') = 'this fit'
-- health.right_baseline
SELECT max(CAST((h->>'$.accuracy') AS DOUBLE)) FROM (SELECT method, unnest(CAST(metrics->'$.holdout.holdout' AS JSON[])) AS h FROM (FROM models.registry WHERE in_force AND fitted_as_of <= AS_OF AND name = $row ORDER BY fitted_as_of DESC LIMIT 1)) WHERE (h->>'$.model') = 'all as most were'
-- health.segments
SELECT CAST(metrics->>'$.figures.k' AS DOUBLE) FROM (FROM models.registry WHERE in_force AND fitted_as_of <= AS_OF AND name = $row ORDER BY fitted_as_of DESC LIMIT 1)
-- health.typical
SELECT CAST(metrics->>'$.figures.typical_share' AS DOUBLE) FROM (FROM models.registry WHERE in_force AND fitted_as_of <= AS_OF AND name = $row ORDER BY fitted_as_of DESC LIMIT 1)
-- health.group_predicted
SELECT CAST(metrics->>('$.calibration[' || $row || '].predicted') AS DOUBLE) FROM (FROM models.registry WHERE in_force AND fitted_as_of <= AS_OF AND name = 'purchase' ORDER BY fitted_as_of DESC LIMIT 1)
-- health.group_realised
SELECT CAST(metrics->>('$.calibration[' || $row || '].realised') AS DOUBLE) FROM (FROM models.registry WHERE in_force AND fitted_as_of <= AS_OF AND name = 'purchase' ORDER BY fitted_as_of DESC LIMIT 1)
-- health.group_count
SELECT CAST(metrics->>('$.calibration[' || $row || '].count') AS DOUBLE) FROM (FROM models.registry WHERE in_force AND fitted_as_of <= AS_OF AND name = 'purchase' ORDER BY fitted_as_of DESC LIMIT 1)
-- health.psi
SELECT psi FROM insights.prediction_drift WHERE as_of = AS_OF AND feature = $row
-- health.scored
SELECT arg_max(customer_count, as_of) FROM insights.prediction_backtests WHERE as_of <= AS_OF AND scored_as_of = CAST($row AS DATE)
-- health.predicted
SELECT arg_max(mean_score, as_of) FROM insights.prediction_backtests WHERE as_of <= AS_OF AND scored_as_of = CAST($row AS DATE)
-- health.realised
SELECT arg_max(realised_rate, as_of) FROM insights.prediction_backtests WHERE as_of <= AS_OF AND scored_as_of = CAST($row AS DATE)
-- health.ranked
SELECT arg_max(auc, as_of) FROM insights.prediction_backtests WHERE as_of <= AS_OF AND scored_as_of = CAST($row AS DATE)
