-- The sales to each person on the days from each Monday in `weeks` on, whenever they became known; guests are left out. `merged` holds
-- the accounts that belong together as of that Monday.
SELECT w.as_of, coalesce(m.person_id, s.customer_id) AS person_id, s.*
FROM weeks AS w
JOIN sales AS s ON s.ordered_on >= w.as_of AND s.customer_id IS NOT NULL
LEFT JOIN merged AS m ON m.as_of = w.as_of AND m.customer_id = s.customer_id
