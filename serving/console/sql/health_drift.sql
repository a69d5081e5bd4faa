-- How far the customers of the week are from those that the model was fitted on, the farthest measure first.
SELECT feature, psi, fitted_as_of, count(*) OVER () AS measure_count
FROM prediction_drift
WHERE as_of = getvariable('as_of')
ORDER BY psi DESC, feature
LIMIT 10
