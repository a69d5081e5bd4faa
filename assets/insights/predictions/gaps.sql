-- Of what was known before $known_before: how often so many days lay between two purchase days of a person.
-- `persons` holds the accounts that belong together as of that day.
WITH days AS (
    SELECT coalesce(p.person_id, d.customer_id) AS person_id, d.active_on
    FROM features_customer_days AS d
    LEFT JOIN persons AS p ON p.as_of = CAST($known_before AS DATE) AND p.customer_id = d.customer_id
    WHERE d.known_on < CAST($known_before AS DATE)
    GROUP BY coalesce(p.person_id, d.customer_id), d.active_on
    HAVING sum(d.line_count) > 0
),

gaps AS (
    SELECT date_diff('day', lag(active_on) OVER (PARTITION BY person_id ORDER BY active_on), active_on) AS gap_days
    FROM days
)

SELECT gap_days, count(*) AS gap_count FROM gaps WHERE gap_days IS NOT NULL GROUP BY gap_days ORDER BY gap_days
