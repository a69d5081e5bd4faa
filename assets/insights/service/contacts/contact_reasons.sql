-- What the shop and each product were asked about in the seven days before each Monday, against the twelve weeks before those.
WITH asked_about AS (
    SELECT
        c.as_of, p.product_id, p.is_said, coalesce(c.intent, 'other') AS intent,
        (c.as_of - 1 - c.asked_on) // 7 AS weeks_ago
    FROM conversations AS c
    LEFT JOIN products_asked AS p ON p.as_of = c.as_of AND p.conversation_id = c.conversation_id
    WHERE c.asked_on >= c.as_of - 91
),

-- A shop whose messages began later has fewer weeks to compare with.
begun AS (
    SELECT w.as_of, greatest(0, least(12, (w.as_of - 7 - min(m.sent_on)) // 7)) AS week_count
    FROM weeks AS w JOIN messages AS m ON m.sign = 1 AND m.known_on < w.as_of
    GROUP BY w.as_of
),

both_ways AS (
    SELECT as_of, product_id, is_said, intent, weeks_ago FROM asked_about WHERE product_id IS NOT NULL
    UNION ALL
    SELECT as_of, NULL, is_said, intent, weeks_ago FROM asked_about
),

counted AS (
    SELECT as_of, product_id, intent, weeks_ago, count(*) AS n, count(*) FILTER (WHERE is_said) AS said_count
    FROM both_ways
    GROUP BY as_of, product_id, intent, weeks_ago
),

compared AS (
    SELECT
        c.as_of, c.product_id, c.intent, b.week_count,
        coalesce(sum(n) FILTER (WHERE weeks_ago = 0), 0) AS conversation_count,
        coalesce(sum(said_count) FILTER (WHERE weeks_ago = 0), 0) AS said_count,
        coalesce(sum(n) FILTER (WHERE weeks_ago BETWEEN 1 AND b.week_count), 0) AS n_before,
        coalesce(sum(n * n) FILTER (WHERE weeks_ago BETWEEN 1 AND b.week_count), 0) AS squares
    FROM counted AS c JOIN begun AS b ON b.as_of = c.as_of
    GROUP BY c.as_of, c.product_id, c.intent, b.week_count
),

-- A week's count spreads at least as a Poisson variable does, and by one conversation; that of the mean comes on top.
spread AS (
    SELECT
        *,
        greatest(
            1, sqrt(greatest(mean, (squares - n_before * mean) / nullif(week_count - 1, 0)) * (1 + 1 / nullif(week_count, 0)))
        ) AS sd
    FROM (SELECT *, n_before / nullif(week_count, 0) AS mean FROM compared)
),

ordered AS (
    SELECT w.as_of, s.product_id, count(DISTINCT s.order_id) AS order_count
    FROM weeks AS w
    JOIN sales AS s ON s.known_on < w.as_of AND s.sign = 1 AND s.quantity > 0 AND s.ordered_on >= w.as_of - 7 AND s.ordered_on < w.as_of
    GROUP BY GROUPING SETS ((w.as_of, s.product_id), (w.as_of))
)

SELECT
    s.as_of,
    s.product_id,
    s.intent,
    n.intent_zh,
    n.intent_en,
    CAST(s.conversation_count AS BIGINT) AS conversation_count,
    CAST(s.said_count AS BIGINT) AS said_count,
    coalesce(o.order_count, 0) AS order_count,
    round(s.conversation_count / nullif(o.order_count, 0), 4) AS contacts_an_order,
    CAST(s.week_count AS INTEGER) AS week_count,
    CASE WHEN s.week_count >= 4 THEN round(s.mean, 4) END AS usual_count,
    CASE WHEN s.week_count >= 4 THEN round(greatest(0, s.mean - 1.96 * s.sd), 4) END AS usual_count_low,
    CASE WHEN s.week_count >= 4 THEN round(s.mean + 1.96 * s.sd, 4) END AS usual_count_high,
    coalesce(
        s.week_count >= 4 AND abs(s.conversation_count - s.mean) > 3 * s.sd AND greatest(s.conversation_count, s.mean) >= 5,
        false
    ) AS is_unusual
FROM spread AS s
JOIN intent_names AS n ON n.intent = s.intent
LEFT JOIN ordered AS o ON o.as_of = s.as_of AND o.product_id IS NOT DISTINCT FROM s.product_id
WHERE s.conversation_count > 0 OR s.product_id IS NULL
