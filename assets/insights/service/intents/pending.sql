-- The customers' messages of the days in `asked`, numbered in the order in which they were known, each with the message that the
-- same customer wrote before it in the conversation, as far as that was delivered by then.
WITH written AS (
    SELECT * FROM clean.messages WHERE sign = 1 AND sender = 'customer'
),

before AS (
    SELECT
        m.delivered_on,
        m.row_no,
        first(p.text ORDER BY p.sent_at DESC, p.delivered_on DESC, p.row_no DESC) AS previous
    FROM written AS m
    JOIN asked USING (delivered_on)
    JOIN written AS p
        ON m.conversation_id = p.conversation_id
        AND p.delivered_on <= m.delivered_on
        AND (p.sent_at, p.row_no) < (m.sent_at, m.row_no)
    GROUP BY m.delivered_on, m.row_no
)

SELECT
    row_number() OVER (ORDER BY m.known_on, m.delivered_on, m.row_no) AS n,
    m.delivered_on,
    m.row_no,
    m.known_on,
    m.message_id,
    m.conversation_id,
    m.text,
    coalesce(b.previous, '') AS previous
FROM written AS m
JOIN asked USING (delivered_on)
LEFT JOIN before AS b USING (delivered_on, row_no)
