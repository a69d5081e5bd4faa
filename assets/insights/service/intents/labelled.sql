-- The customers' messages with an intent that were known before $day, as they were last delivered by then, each with the one before it.
WITH latest AS (
    SELECT *
    FROM clean.messages
    WHERE known_on < $day AND sender = 'customer' AND sign = 1
    QUALIFY row_number() OVER (PARTITION BY message_id ORDER BY known_on DESC, delivered_on DESC, row_no DESC) = 1
),

said AS (
    SELECT
        *,
        lag(text) OVER (PARTITION BY coalesce(conversation_id, message_id) ORDER BY sent_at, message_id) AS previous
    FROM latest
)

SELECT message_id, text, intent, known_on, coalesce(previous, '') AS previous
FROM said
WHERE intent IS NOT NULL
