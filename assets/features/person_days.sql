-- What each person did a day, as known before each Monday in `weeks`: rows of `customer_days` with the person of their account.
-- `merged` holds the accounts that belong together as of each Monday; any other account is a person of its own.
SELECT w.as_of, coalesce(m.person_id, d.customer_id) AS person_id, d.*
FROM weeks AS w
JOIN customer_days AS d ON d.known_on < w.as_of
LEFT JOIN merged AS m ON m.as_of = w.as_of AND m.customer_id = d.customer_id
