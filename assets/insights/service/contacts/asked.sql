-- The first question of each conversation of the four weeks before each Monday: the one that says its intent, else the first; and what a
-- person answered to it. Texts came with personal values masked.
WITH placed AS (
    SELECT
        m.*,
        row_number() OVER (
            PARTITION BY m.as_of, m.conversation_id ORDER BY m.intent IS NULL, m.sent_at, m.message_id
        ) AS place
    FROM messages_then AS m
    WHERE m.sender = 'customer' AND m.sent_on >= m.as_of - 28
)

SELECT
    p.as_of, p.conversation_id, p.text, p.sent_at, p.sent_on, p.intent,
    arg_min(r.text, row(r.sent_at, r.message_id)) AS reply
FROM placed AS p
LEFT JOIN messages_then AS r
    ON r.as_of = p.as_of AND r.conversation_id = p.conversation_id AND r.sender = 'agent' AND r.sent_at >= p.sent_at
WHERE p.place = 1
GROUP BY p.as_of, p.conversation_id, p.text, p.sent_at, p.sent_on, p.intent
ORDER BY p.as_of, p.sent_at, p.conversation_id
