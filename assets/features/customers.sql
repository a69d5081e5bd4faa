-- Every customer as of each Monday in `weeks`, from rows known before it; `merged` holds the accounts that belong together.
-- Returns are netted here and only here, on their own day; a day on which all lines were reversed or cancelled is no purchase.
WITH known AS (
    SELECT
        as_of, person_id, active_on,
        sum(line_count) AS line_count,
        sum(item_count) AS item_count,
        sum(gross - returned) AS net,
        sum(returned_line_count) AS returned_line_count,
        sum(returned_item_count) AS returned_item_count,
        sum(session_count) AS session_count,
        sum(view_count) AS view_count,
        sum(cart_count) AS cart_count
    FROM person_days
    GROUP BY as_of, person_id, active_on
),

gaps AS (
    SELECT
        as_of, person_id,
        avg(gap) AS gap_mean_days,
        stddev_samp(gap) AS gap_sd_days
    FROM (
        SELECT
            as_of, person_id,
            date_diff('day', lag(active_on) OVER (PARTITION BY as_of, person_id ORDER BY active_on), active_on) AS gap
        FROM known
        WHERE line_count > 0
    )
    GROUP BY as_of, person_id
),

sums AS (
    SELECT
        as_of, person_id,
        min(active_on) FILTER (WHERE line_count > 0) AS first_purchase_on,
        max(active_on) FILTER (WHERE line_count > 0) AS last_purchase_on,
        count(*) FILTER (WHERE line_count > 0) AS frequency,
        sum(net) AS spend,
        count(*) FILTER (WHERE line_count > 0 AND active_on >= as_of - 7) AS purchases_7d,
        count(*) FILTER (WHERE line_count > 0 AND active_on >= as_of - 30) AS purchases_30d,
        count(*) FILTER (WHERE line_count > 0 AND active_on >= as_of - 90) AS purchases_90d,
        count(*) FILTER (WHERE line_count > 0 AND active_on >= as_of - 180) AS purchases_180d,
        count(*) FILTER (WHERE line_count > 0 AND active_on >= as_of - 365) AS purchases_365d,
        coalesce(sum(net) FILTER (WHERE active_on >= as_of - 7), 0) AS spend_7d,
        coalesce(sum(net) FILTER (WHERE active_on >= as_of - 30), 0) AS spend_30d,
        coalesce(sum(net) FILTER (WHERE active_on >= as_of - 90), 0) AS spend_90d,
        coalesce(sum(net) FILTER (WHERE active_on >= as_of - 365), 0) AS spend_365d,
        sum(returned_line_count) AS returned_line_count,
        sum(returned_item_count) AS returned_item_count,
        sum(item_count) AS item_count,
        sum(line_count) AS line_count,
        coalesce(sum(session_count) FILTER (WHERE active_on >= as_of - 30), 0) AS session_count_30d,
        coalesce(sum(view_count) FILTER (WHERE active_on >= as_of - 30), 0) AS view_count_30d,
        coalesce(sum(cart_count) FILTER (WHERE active_on >= as_of - 30), 0) AS cart_count_30d,
        max(active_on) FILTER (WHERE session_count > 0) AS last_visit_on
    FROM known
    GROUP BY as_of, person_id
),

accounts AS (
    SELECT as_of, person_id, count(*) AS account_count FROM merged GROUP BY as_of, person_id
),

channels AS (
    SELECT as_of, person_id, count(DISTINCT channel) AS channel_count FROM person_days WHERE channel <> '' GROUP BY as_of, person_id
),

-- Reversals against: a line that was corrected away or cancelled was not bought.
baskets AS (
    SELECT as_of, person_id, product_id
    FROM person_sales
    WHERE quantity > 0
    GROUP BY as_of, person_id, product_id
    HAVING sum(sign) > 0
),

categories AS (
    SELECT b.as_of, b.person_id, count(DISTINCT p.category) AS category_count
    FROM baskets AS b
    JOIN products_then AS p ON p.as_of = b.as_of AND p.product_id = b.product_id
    GROUP BY b.as_of, b.person_id
)

SELECT
    s.as_of,
    s.person_id,
    coalesce(n.account_count, 1) AS account_count,
    s.first_purchase_on,
    s.last_purchase_on,
    date_diff('day', s.last_purchase_on, s.as_of) AS recency_days,
    s.frequency,
    date_diff('day', s.first_purchase_on, s.as_of) AS t_days,
    s.spend,
    round(CAST(s.spend AS DOUBLE) / nullif(s.frequency, 0), 4) AS monetary_value,
    s.purchases_7d, s.purchases_30d, s.purchases_90d, s.purchases_365d,
    s.spend_7d, s.spend_30d, s.spend_90d, s.spend_365d,
    round(g.gap_mean_days, 6) AS gap_mean_days,
    round(g.gap_sd_days, 6) AS gap_sd_days,
    round(date_diff('day', s.last_purchase_on, s.as_of) / nullif(g.gap_mean_days, 0), 6) AS recency_to_gap,
    round((2.0 * s.purchases_90d - s.purchases_180d) / nullif(s.purchases_180d, 0), 6) AS purchase_trend,
    s.returned_line_count,
    round(s.returned_item_count / nullif(CAST(s.item_count AS DOUBLE), 0), 6) AS return_share,
    round(s.line_count / nullif(CAST(s.frequency AS DOUBLE), 0), 6) AS lines_a_purchase,
    round(s.item_count / nullif(CAST(s.frequency AS DOUBLE), 0), 6) AS items_a_purchase,
    coalesce(k.category_count, 0) AS category_count,
    coalesce(h.channel_count, 0) AS channel_count,
    s.session_count_30d,
    s.view_count_30d,
    s.cart_count_30d,
    date_diff('day', s.last_visit_on, s.as_of) AS visit_recency_days,
    CASE
        WHEN t.birth_year IS NULL THEN NULL
        WHEN year(s.as_of) - t.birth_year < 20 THEN '<20'
        WHEN year(s.as_of) - t.birth_year < 30 THEN '20-29'
        WHEN year(s.as_of) - t.birth_year < 40 THEN '30-39'
        WHEN year(s.as_of) - t.birth_year < 50 THEN '40-49'
        WHEN year(s.as_of) - t.birth_year < 60 THEN '50-59'
        ELSE '60+'
    END AS age_band,
    t.gender,
    t.region,
    t.occupation,
    -- The instant is UTC, the day the shop's: the session runs in the shop's zone.
    date_diff('day', CAST(t.registered_at AT TIME ZONE 'UTC' AS DATE), s.as_of) AS tenure_days
FROM sums AS s
LEFT JOIN gaps AS g ON g.as_of = s.as_of AND g.person_id = s.person_id
LEFT JOIN accounts AS n ON n.as_of = s.as_of AND n.person_id = s.person_id
LEFT JOIN channels AS h ON h.as_of = s.as_of AND h.person_id = s.person_id
LEFT JOIN categories AS k ON k.as_of = s.as_of AND k.person_id = s.person_id
LEFT JOIN customers_then AS t ON t.as_of = s.as_of AND t.customer_id = s.person_id
