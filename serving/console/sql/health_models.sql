-- The fit of each model that the week uses, and whether a newer one was not put in force.
SELECT r.name, r.method, r.fitted_as_of, r.metrics, n.newest_on > r.fitted_as_of AS is_kept
FROM registry AS r
JOIN (SELECT name, max(fitted_as_of) AS newest_on FROM registry WHERE fitted_as_of <= getvariable('as_of') GROUP BY name) AS n USING (name)
WHERE r.in_force AND r.fitted_as_of <= getvariable('as_of')
QUALIFY row_number() OVER (PARTITION BY r.name ORDER BY r.fitted_as_of DESC) = 1
ORDER BY r.name
