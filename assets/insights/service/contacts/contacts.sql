-- What each person asked service in the 90 days before each Monday; `merged` holds the accounts that belong together as of each.
WITH asked_by AS (
    SELECT
        c.as_of, c.conversation_id, c.asked_at, c.asked_on, coalesce(c.intent, 'other') AS intent,
        coalesce(m.person_id, c.customer_id) AS person_id
    FROM conversations AS c
    LEFT JOIN merged AS m ON m.as_of = c.as_of AND m.customer_id = c.customer_id
    WHERE c.customer_id IS NOT NULL
),

counted AS (
    SELECT
        as_of,
        person_id,
        count(*) FILTER (WHERE asked_on >= as_of - 90) AS contacts_90d,
        count(*) FILTER (WHERE asked_on >= as_of - 90 AND list_contains($complaints, intent)) AS complaints_90d,
        max(asked_on) AS last_contact_on,
        arg_max(intent, row(asked_at, conversation_id)) AS last_contact_reason
    FROM asked_by
    GROUP BY as_of, person_id
)

SELECT
    c.as_of,
    c.person_id,
    c.contacts_90d,
    c.complaints_90d,
    c.last_contact_on,
    n.intent_zh AS last_contact_reason_zh,
    n.intent_en AS last_contact_reason_en
FROM counted AS c
JOIN intent_names AS n ON n.intent = c.last_contact_reason
