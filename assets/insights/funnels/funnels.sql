-- The steps of each Monday in `asked`, as shares and against the weeks before. `counted` holds the visits by step of the weeks that were
-- counted, `funnels` those that are stored, of which the Mondays in $stored are read.
WITH known AS (
    SELECT as_of, cut, name, step_no, visit_count, action_count FROM counted
    UNION ALL
    SELECT as_of, cut, name, step_no, visit_count, action_count FROM funnels WHERE list_contains($stored, as_of)
),

based AS (
    SELECT
        k.*,
        before.visit_count AS base,
        first.visit_count AS view_base
    FROM known AS k
    LEFT JOIN known AS before
        ON before.as_of = k.as_of AND before.cut = k.cut AND before.name IS NOT DISTINCT FROM k.name
            AND before.step_no = k.step_no - 1
    LEFT JOIN known AS first
        ON first.as_of = k.as_of AND first.cut = k.cut AND first.name IS NOT DISTINCT FROM k.name
            AND first.step_no = 1 AND k.step_no > 1
),

pooled AS (
    SELECT
        a.as_of, b.cut, b.name, b.step_no,
        count(*) AS week_count_before, sum(b.base) AS base_before, sum(b.visit_count) / sum(b.base) AS share_before
    FROM asked AS a
    JOIN based AS b ON b.as_of < a.as_of AND b.as_of >= a.as_of - 7 * CAST($weeks_before AS INTEGER) AND b.base > 0
    GROUP BY a.as_of, b.cut, b.name, b.step_no
),

-- Quasi-binomial (McCullagh and Nelder, 1989): Pearson's statistic by its degrees of freedom says how many times as much as by chance
-- the weeks before differ; never less than by chance.
spread AS (
    SELECT
        p.as_of, p.cut, p.name, p.step_no, p.week_count_before, p.base_before, p.share_before,
        greatest(
            1,
            coalesce(
                sum(power(b.visit_count - b.base * p.share_before, 2) / nullif(b.base * p.share_before * (1 - p.share_before), 0))
                / nullif(p.week_count_before - 1, 0),
                1
            )
        ) AS dispersion
    FROM pooled AS p
    JOIN based AS b
        ON b.as_of < p.as_of AND b.as_of >= p.as_of - 7 * CAST($weeks_before AS INTEGER) AND b.base > 0
            AND b.cut = p.cut AND b.name IS NOT DISTINCT FROM p.name AND b.step_no = p.step_no
    GROUP BY p.as_of, p.cut, p.name, p.step_no, p.week_count_before, p.base_before, p.share_before
),

-- Wilson (1927): the interval of a share that holds for few rows too; z = 1.96.
shared AS (
    SELECT
        b.*,
        b.visit_count / nullif(b.base, 0) AS share,
        b.visit_count / nullif(b.view_base, 0) AS view_share,
        3.8416 / nullif(b.base, 0) AS z2n,
        3.8416 / nullif(b.view_base, 0) AS view_z2n,
        coalesce(s.week_count_before, 0) AS week_count_before,
        s.base_before,
        s.share_before,
        s.dispersion,
        (b.visit_count + s.base_before * s.share_before) / nullif(b.base + s.base_before, 0) AS pooled
    FROM based AS b
    JOIN asked AS a ON a.as_of = b.as_of
    LEFT JOIN spread AS s
        ON s.as_of = b.as_of AND s.cut = b.cut AND s.name IS NOT DISTINCT FROM b.name AND s.step_no = b.step_no
),

tested AS (
    SELECT
        *,
        (share + z2n / 2) / (1 + z2n) AS middle,
        sqrt(z2n * (share * (1 - share) + z2n / 4)) / (1 + z2n) AS width,
        (view_share + view_z2n / 2) / (1 + view_z2n) AS view_middle,
        sqrt(view_z2n * (view_share * (1 - view_share) + view_z2n / 4)) / (1 + view_z2n) AS view_width,
        (share - share_before) / nullif(sqrt(dispersion * pooled * (1 - pooled) * (1 / nullif(base, 0) + 1 / base_before)), 0) AS z
    FROM shared
)

SELECT
    as_of, cut, name,
    CASE step_no WHEN 1 THEN 'view' WHEN 2 THEN 'cart' ELSE 'order' END AS step,
    step_no, visit_count, action_count,
    round(share, 4) AS share,
    CASE WHEN base > 0 THEN round(greatest(0, middle - width), 4) END AS share_low,
    CASE WHEN base > 0 THEN round(least(1, middle + width), 4) END AS share_high,
    round(view_share, 4) AS view_share,
    CASE WHEN view_base > 0 THEN round(greatest(0, view_middle - view_width), 4) END AS view_share_low,
    CASE WHEN view_base > 0 THEN round(least(1, view_middle + view_width), 4) END AS view_share_high,
    week_count_before,
    round(share_before, 4) AS share_before,
    round(share - share_before, 4) AS change,
    round(z, 3) AS z,
    coalesce(z < -3 AND week_count_before >= 4 AND base >= 20 AND base_before >= 20, false) AS is_drop
FROM tested
