SELECT
    message_id, conversation_id, customer_id, sender, text, sent_at, channel, intent
FROM messages
