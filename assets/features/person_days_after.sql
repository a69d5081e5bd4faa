-- What each person did on the days from each Monday in `weeks` on, whenever it became known. `merged` holds the accounts that belong
-- together as of that Monday.
SELECT w.as_of, coalesce(m.person_id, d.customer_id) AS person_id, d.*
FROM weeks AS w
JOIN customer_days AS d ON d.active_on >= w.as_of
LEFT JOIN merged AS m ON m.as_of = w.as_of AND m.customer_id = d.customer_id
