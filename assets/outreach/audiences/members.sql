-- The members of a week's lists: why each may not be reached, and since when they have been on it. Not known is no consent.
WITH judged AS (
    SELECT
        c.audience, c.person_id, c.value, c.seed,
        CASE
            WHEN g.refuses THEN 'refused'
            WHEN g.agrees IS DISTINCT FROM true THEN 'no_consent'
            WHEN c.person_id IN (SELECT person_id FROM held) THEN 'held_out'
            WHEN c.person_id IN (SELECT person_id FROM lately) THEN 'contacted_lately'
            ELSE 'may_be_reached'
        END AS reach
    FROM chosen AS c
    LEFT JOIN (SELECT person_id, agrees, refuses FROM agreed WHERE as_of = $week) AS g ON g.person_id = c.person_id
)

SELECT $week AS as_of, j.audience, j.person_id, j.reach, coalesce(b.entered_on, $week) AS entered_on
FROM judged AS j
LEFT JOIN before AS b ON b.audience = j.audience AND b.person_id = j.person_id
QUALIFY j.seed IS NULL OR (
    j.reach = 'may_be_reached'
    AND row_number() OVER (PARTITION BY j.audience, j.reach ORDER BY j.value DESC, j.person_id) <= j.seed
)
