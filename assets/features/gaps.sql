-- Of what was known before the Monday in `weeks`: how often so many days lay between two purchase days of a person.
WITH days AS (
    SELECT person_id, active_on FROM person_days GROUP BY person_id, active_on HAVING sum(line_count) > 0
),

gaps AS (
    SELECT date_diff('day', lag(active_on) OVER (PARTITION BY person_id ORDER BY active_on), active_on) AS gap_days
    FROM days
)

SELECT gap_days, count(*) AS gap_count FROM gaps WHERE gap_days IS NOT NULL GROUP BY gap_days ORDER BY gap_days
