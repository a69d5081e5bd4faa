-- The purchase predictions of the last weeks whose window has closed, against what happened.
SELECT scored_as_of, horizon_days, customer_count, mean_score, realised_rate, auc
FROM prediction_backtests
WHERE as_of <= getvariable('as_of')
QUALIFY row_number() OVER (PARTITION BY scored_as_of, horizon_days ORDER BY as_of DESC) = 1
ORDER BY scored_as_of DESC, horizon_days
LIMIT 8
