-- What each message asks: what the shop itself says, else what the model read where it knows what it is about.
SELECT m.delivered_on, m.row_no, coalesce(m.intent, i.intent) AS intent, m.intent IS NOT NULL OR coalesce(i.is_sure, false) AS is_sure
FROM messages AS m
LEFT JOIN message_intents AS i ON i.delivered_on = m.delivered_on AND i.row_no = m.row_no AND i.is_in_scope
WHERE m.sign = 1
