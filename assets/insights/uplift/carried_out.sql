-- Weeks of an action that were carried out, as known before $week: the shop tells of any of its actions that it was delivered.
SELECT DISTINCT a.action, a.as_of
FROM assigned AS a
JOIN (
    SELECT action_id FROM outcomes WHERE outcome = 'delivered' AND known_on < $week GROUP BY action_id HAVING sum(sign) > 0
) AS d ON d.action_id = a.action_id
