-- The conversations of `messages_then` that a customer began or joined, as of each Monday: a row each. Its intent is that of the first of
-- the customer's messages that has one; it is handed over where a person answers after the bot.
WITH first_words AS (
    SELECT as_of, conversation_id, min(sent_at) AS asked_at
    FROM messages_then WHERE sender = 'customer' GROUP BY as_of, conversation_id
),

told AS (
    SELECT
        m.as_of, m.conversation_id, f.asked_at,
        min(m.customer_id) AS customer_id,
        arg_min(m.channel, row(m.sent_at, m.message_id)) FILTER (WHERE m.channel IS NOT NULL) AS channel,
        arg_min(m.intent, row(m.sent_at, m.message_id)) FILTER (WHERE m.sender = 'customer' AND m.intent IS NOT NULL) AS intent,
        arg_min(m.sent_on, row(m.sent_at, m.message_id)) FILTER (WHERE m.sender = 'customer') AS asked_on,
        min(m.sent_at) FILTER (WHERE m.sender <> 'customer' AND m.sent_at >= f.asked_at) AS replied_at,
        max(m.sent_at) FILTER (WHERE m.sender <> 'customer' AND m.sent_at >= f.asked_at) AS closed_at,
        max(m.sent_at) FILTER (WHERE m.sender = 'customer') AS last_asked_at,
        min(m.sent_at) FILTER (WHERE m.sender = 'bot') AS bot_at,
        max(m.sent_at) FILTER (WHERE m.sender = 'bot') AS last_bot_at,
        max(m.sent_at) FILTER (WHERE m.sender = 'agent') AS person_at
    FROM messages_then AS m
    JOIN first_words AS f ON f.as_of = m.as_of AND f.conversation_id = m.conversation_id
    GROUP BY m.as_of, m.conversation_id, f.asked_at
)

SELECT *, coalesce(person_at > bot_at, false) AS is_handed_over FROM told
