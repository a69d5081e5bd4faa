-- The last version of each message known before each Monday in `weeks`, of the 26 weeks before it, with its intent. A message without a
-- conversation belongs to that of its customer and day.
SELECT
    as_of, message_id, customer_id, sender, text, sent_at, sent_on, channel, intent, is_sure,
    coalesce(conversation_id, customer_id || ' ' || CAST(sent_on AS VARCHAR), message_id) AS conversation_id
FROM (
    SELECT
        w.as_of, m.* EXCLUDE (intent), i.intent, i.is_sure,
        row_number() OVER (
            PARTITION BY w.as_of, m.message_id ORDER BY m.known_on DESC, m.delivered_on DESC, m.row_no DESC
        ) AS age
    FROM weeks AS w
    JOIN messages AS m ON m.sign = 1 AND m.known_on < w.as_of AND m.sent_on >= w.as_of - 182 AND m.sent_on < w.as_of
    LEFT JOIN intents AS i ON i.delivered_on = m.delivered_on AND i.row_no = m.row_no
)
WHERE age = 1
