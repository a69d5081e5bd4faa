-- The product of each conversation of an account: that of the order whose number is said in it (the first line), else one of the account's
-- own whose id or title is said, else the first line of the account's latest order of the 90 days before. `is_said`: not by the last rule.
WITH lines AS (
    SELECT
        c.as_of, c.conversation_id, s.order_id, s.product_id, s.ordered_at, s.line_no, p.title
    FROM conversations AS c
    JOIN sales AS s ON s.customer_id = c.customer_id AND s.known_on < c.as_of AND s.quantity > 0 AND s.sign = 1
        AND s.ordered_on <= c.asked_on
    LEFT JOIN products_then AS p ON p.as_of = c.as_of AND p.product_id = s.product_id
),

said AS (
    SELECT as_of, conversation_id, string_agg(text, ' ' ORDER BY sent_at, message_id) AS words
    FROM messages_then GROUP BY as_of, conversation_id
),

ranked AS (
    SELECT
        l.*,
        CASE
            WHEN contains(s.words, l.order_id) THEN 1
            WHEN contains(s.words, l.product_id) OR (length(l.title) > 1 AND contains(s.words, l.title)) THEN 2
            ELSE 3
        END AS rule
    FROM lines AS l JOIN said AS s ON s.as_of = l.as_of AND s.conversation_id = l.conversation_id
)

SELECT as_of, conversation_id, product_id, rule < 3 AS is_said
FROM (
    SELECT
        r.*,
        row_number() OVER (
            PARTITION BY r.as_of, r.conversation_id
            ORDER BY r.rule, r.ordered_at DESC, r.order_id, length(r.line_no), r.line_no, r.product_id
        ) AS place
    FROM ranked AS r JOIN conversations AS c ON c.as_of = r.as_of AND c.conversation_id = r.conversation_id
    WHERE r.rule < 3 OR r.ordered_at >= c.asked_at - INTERVAL 90 DAYS
)
WHERE place = 1
