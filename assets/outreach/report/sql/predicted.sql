-- The newest predictions whose window has closed, against what happened.
SELECT scored_as_of, horizon_days, customer_count, mean_score, realised_rate, auc, expected_spend, realised_spend
FROM prediction_backtests
WHERE as_of = getvariable('as_of')
ORDER BY scored_as_of DESC
LIMIT 1
