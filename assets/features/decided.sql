-- What each account last decided of each purpose, as known before each Monday in `weeks`: of all channels (channel ''), and of one where that is the later word.
-- The later decision holds; of two at one instant, the refusal. A row of customers tells a day only: what it says counts from the day on which it first
-- said so, agreed from the day's beginning, refused from its end.
WITH told AS (
    SELECT customer_id, 'marketing' AS purpose, marketing_consent AS is_given, known_on FROM customers
    UNION ALL
    SELECT customer_id, 'personalisation', NOT personalisation_refused, known_on FROM customers
),

turned AS (
    SELECT * FROM told
    QUALIFY is_given IS DISTINCT FROM lag(is_given) OVER (PARTITION BY customer_id, purpose ORDER BY known_on)
),

attributes AS (
    SELECT w.as_of, t.* FROM weeks AS w JOIN turned AS t ON t.known_on < w.as_of
    QUALIFY row_number() OVER (PARTITION BY w.as_of, t.customer_id, t.purpose ORDER BY t.known_on DESC) = 1
),

decisions AS (
    SELECT
        as_of, customer_id, purpose, '' AS channel, is_given,
        CASE
            WHEN is_given THEN timezone('UTC', CAST(known_on AS TIMESTAMPTZ))
            ELSE timezone('UTC', CAST(known_on + 1 AS TIMESTAMPTZ)) - INTERVAL 1 MICROSECOND
        END AS decided_at
    FROM attributes
    WHERE is_given IS NOT NULL
    UNION ALL
    SELECT w.as_of, c.customer_id, c.purpose, coalesce(lower(c.channel), ''), c.is_given, c.decided_at
    FROM weeks AS w JOIN consents AS c ON c.known_on < w.as_of
    GROUP BY ALL
    HAVING sum(c.sign) > 0
),

latest AS (
    SELECT * FROM decisions
    QUALIFY row_number() OVER (PARTITION BY as_of, customer_id, purpose, channel ORDER BY decided_at DESC, is_given) = 1
)

SELECT l.*
FROM latest AS l
LEFT JOIN latest AS a ON a.as_of = l.as_of AND a.customer_id = l.customer_id AND a.purpose = l.purpose AND a.channel = ''
WHERE l.channel = '' OR a.decided_at IS NULL OR l.decided_at > a.decided_at
    OR (l.decided_at = a.decided_at AND a.is_given AND NOT l.is_given)
