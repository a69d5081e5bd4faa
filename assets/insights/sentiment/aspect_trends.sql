-- What is `spoken` of each aspect in the four weeks before each Monday, against the twelve before those; `aspect_names` has their names.
WITH said AS (
    SELECT as_of, product_id, review_id, known_on, aspect, p_praised, clause FROM spoken
    WHERE product_id IS NOT NULL AND known_on >= as_of - 112
    UNION ALL
    SELECT as_of, NULL, review_id, known_on, aspect, p_praised, clause FROM spoken WHERE known_on >= as_of - 112
),

counted AS (
    SELECT
        as_of,
        product_id,
        aspect,
        count(*) FILTER (WHERE known_on >= as_of - 28) AS mention_count,
        count(*) FILTER (WHERE known_on >= as_of - 28 AND p_praised >= 0.5) AS praised_count,
        count(*) FILTER (WHERE known_on >= as_of - 28 AND p_praised < 0.5) AS blamed_count,
        count(*) FILTER (WHERE known_on < as_of - 28) AS mention_count_before,
        count(*) FILTER (WHERE known_on < as_of - 28 AND p_praised >= 0.5) AS praised_count_before
    FROM said
    GROUP BY as_of, product_id, aspect
    HAVING count(*) FILTER (WHERE known_on >= as_of - 28) > 0
),

-- Of clauses that say the same the newest stands for all.
clauses AS (
    SELECT as_of, product_id, aspect, clause, min(p_praised) AS p_praised, max(known_on) AS known_on
    FROM said
    WHERE p_praised < 0.5 AND known_on >= as_of - 28
    GROUP BY as_of, product_id, aspect, clause
),

quoted AS (
    SELECT as_of, product_id, aspect, list(clause ORDER BY p_praised, known_on DESC, clause) AS quotes
    FROM (
        SELECT
            *,
            row_number() OVER (
                PARTITION BY as_of, product_id, aspect ORDER BY p_praised, known_on DESC, clause
            ) AS place
        FROM clauses
    )
    WHERE place <= 3
    GROUP BY as_of, product_id, aspect
),

-- Wilson (1927): the interval of a share that holds for few rows too; z = 1.96.
shared AS (
    SELECT
        *,
        praised_count / mention_count AS share,
        praised_count_before / nullif(mention_count_before, 0) AS share_before,
        (praised_count + praised_count_before) / (mention_count + mention_count_before) AS pooled,
        3.8416 / mention_count AS z2n
    FROM counted
),

tested AS (
    SELECT
        *,
        (share - share_before)
        / nullif(sqrt(pooled * (1 - pooled) * (1 / mention_count + 1 / nullif(mention_count_before, 0))), 0) AS z
    FROM shared
)

SELECT
    t.as_of,
    t.product_id,
    t.aspect,
    n.aspect_zh,
    n.aspect_en,
    t.mention_count,
    t.praised_count,
    t.blamed_count,
    round(t.share, 4) AS praised_share,
    round(greatest(0, (t.share + z2n / 2 - sqrt(z2n * (t.share * (1 - t.share) + z2n / 4))) / (1 + z2n)), 4) AS praised_share_low,
    round(least(1, (t.share + z2n / 2 + sqrt(z2n * (t.share * (1 - t.share) + z2n / 4))) / (1 + z2n)), 4) AS praised_share_high,
    t.mention_count_before,
    round(t.share_before, 4) AS praised_share_before,
    round(t.share - t.share_before, 4) AS change,
    round(t.z, 3) AS z,
    coalesce(t.z < -3 AND t.mention_count >= 20 AND t.mention_count_before >= 20, false) AS is_drop,
    CASE
        WHEN t.blamed_count > 0
            THEN rank() OVER (PARTITION BY t.as_of, t.product_id ORDER BY t.blamed_count DESC, t.aspect)
    END AS complaint_rank,
    coalesce(q.quotes, []) AS quotes
FROM tested AS t
INNER JOIN aspect_names AS n ON n.aspect = t.aspect
LEFT JOIN quoted AS q
    ON q.as_of = t.as_of AND q.product_id IS NOT DISTINCT FROM t.product_id AND q.aspect = t.aspect
