-- How the conversations begun in the seven days before each Monday were answered, by channel and all together.
WITH begun AS (
    SELECT
        c.*,
        date_diff('second', asked_at, replied_at) AS reply_seconds,
        CASE WHEN closed_at >= last_asked_at THEN date_diff('second', asked_at, closed_at) END AS resolution_seconds,
        -- A day must have passed before nobody can be said to have been asked in it; the session runs in the shop's zone.
        last_bot_at IS NOT NULL AND CAST((last_bot_at + INTERVAL 24 HOURS) AT TIME ZONE 'UTC' AS DATE) < as_of AS is_settled
    FROM conversations AS c
    WHERE asked_on >= as_of - 7
),

-- When a person wrote, or was asked for and perhaps did not come.
people AS (
    SELECT as_of, customer_id, conversation_id, sent_at FROM messages_then
    WHERE sender = 'agent' OR (sender = 'customer' AND is_sure AND list_contains($for_a_person, intent))
),

-- For the same customer, in this conversation or another.
asked_after AS (
    SELECT DISTINCT b.as_of, b.conversation_id
    FROM begun AS b
    JOIN people AS p ON p.as_of = b.as_of AND p.sent_at <= b.last_bot_at + INTERVAL 24 HOURS
        AND (p.conversation_id = b.conversation_id OR (p.customer_id = b.customer_id AND p.sent_at >= b.asked_at))
),

each AS (
    SELECT b.*, b.is_settled AND a.conversation_id IS NULL AS is_deflected
    FROM begun AS b
    LEFT JOIN asked_after AS a ON a.as_of = b.as_of AND a.conversation_id = b.conversation_id
),

both_ways AS (
    SELECT * FROM each WHERE channel IS NOT NULL
    UNION ALL
    SELECT * REPLACE (NULL AS channel) FROM each
),

placed AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY as_of, channel ORDER BY reply_seconds NULLS LAST, conversation_id) AS reply_place,
        count(reply_seconds) OVER (PARTITION BY as_of, channel) AS replied,
        row_number() OVER (PARTITION BY as_of, channel ORDER BY resolution_seconds NULLS LAST, conversation_id) AS resolution_place,
        count(resolution_seconds) OVER (PARTITION BY as_of, channel) AS resolved
    FROM both_ways
)

SELECT
    as_of,
    channel,
    count(*) AS conversation_count,
    count(reply_seconds) AS replied_count,
    max(reply_seconds) FILTER (WHERE reply_place = ceil(0.5 * replied)) AS first_reply_median_seconds,
    max(reply_seconds) FILTER (WHERE reply_place = ceil(0.9 * replied)) AS first_reply_p90_seconds,
    count(resolution_seconds) AS resolved_count,
    max(resolution_seconds) FILTER (WHERE resolution_place = ceil(0.5 * resolved)) AS resolution_median_seconds,
    count(*) FILTER (WHERE person_at IS NOT NULL) AS person_count,
    count(*) FILTER (WHERE is_handed_over) AS handed_over_count,
    count(*) FILTER (WHERE bot_at IS NOT NULL) AS bot_count,
    count(*) FILTER (WHERE is_settled) AS settled_count,
    count(*) FILTER (WHERE is_deflected) AS deflected_count,
    round(count(*) FILTER (WHERE is_deflected) / nullif(count(*) FILTER (WHERE is_settled), 0), 4) AS deflected_share
FROM placed
GROUP BY as_of, channel
