-- Who went from which class and group to which in the week before each Monday in `asked`. `before` holds them a week earlier.
WITH now AS (
    SELECT r.*, c.spend_90d
    FROM asked
    JOIN insights.rfm AS r USING (as_of)
    JOIN customers AS c ON c.as_of = r.as_of AND c.person_id = r.person_id
),

both_weeks AS (
    SELECT
        coalesce(now.as_of, b.as_of + 7) AS as_of,
        unnest(['class', 'group']) AS kind,
        unnest([b.class_zh, b.group_zh]) AS from_zh,
        unnest([b.class_en, b.group_en]) AS from_en,
        unnest([now.class_zh, now.group_zh]) AS to_zh,
        unnest([now.class_en, now.group_en]) AS to_en,
        now.spend_90d,
        coalesce(now.fitted_as_of <> b.fitted_as_of, false) AS is_refit
    FROM now
    FULL JOIN before AS b ON b.person_id = now.person_id AND b.as_of + 7 = now.as_of
)

SELECT
    as_of, kind, from_zh, from_en, to_zh, to_en,
    count(*) AS customer_count,
    coalesce(sum(spend_90d), 0) AS spend_90d,
    bool_or(is_refit) AS is_refit
FROM both_weeks
GROUP BY as_of, kind, from_zh, from_en, to_zh, to_en
