-- The alerts that hold as of the newest week, the newest row of each: not expired, and of a person who has not bought since where that ends it.
SELECT a.*
FROM outreach.alerts AS a
CROSS JOIN (SELECT max(as_of) AS newest FROM features.customers) AS n
LEFT JOIN features.customers AS c ON c.as_of = n.newest AND c.person_id = a.person_id
WHERE a.expires_on > n.newest
    AND (a.person_id IS NULL OR (c.person_id IS NOT NULL AND (a.since_on IS NULL OR c.last_purchase_on = a.since_on)))
QUALIFY row_number() OVER (PARTITION BY a.alert_id ORDER BY a.as_of DESC) = 1
ORDER BY a.as_of DESC, a.place
