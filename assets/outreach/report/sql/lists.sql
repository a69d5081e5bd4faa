-- Whom to write to, and how many of them allow it.
SELECT list, count(*) AS customers, count(*) FILTER (WHERE a.agrees) AS reachable
FROM listed
LEFT JOIN agreed AS a USING (person_id)
GROUP BY list
