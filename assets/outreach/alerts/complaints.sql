-- Conversations whose first complaint came in the week before the Monday.
SELECT 'conversation ' || c.conversation_id AS source, 'conversation' AS kind, c.customer_id, CAST([] AS VARCHAR[]) AS aspects
FROM conversations AS c
JOIN messages_then AS m ON m.as_of = c.as_of AND m.conversation_id = c.conversation_id
WHERE c.customer_id IS NOT NULL AND m.sender = 'customer' AND list_contains($complaints, m.intent)
GROUP BY c.as_of, c.conversation_id, c.customer_id
HAVING min(m.sent_on) >= c.as_of - 7
