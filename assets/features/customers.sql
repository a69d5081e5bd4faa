-- Every customer as of each Monday in `asked`, from rows known before it. `persons` holds the accounts that belong together.
-- Returns are netted here and only here, on their own day; a day on which all lines were reversed or cancelled is no purchase.
WITH known AS (
    SELECT
        a.as_of, coalesce(p.person_id, d.customer_id) AS person_id, d.active_on,
        sum(d.line_count) AS line_count,
        sum(d.item_count) AS item_count,
        sum(d.gross - d.returned) AS net,
        sum(d.returned_line_count) AS returned_line_count,
        sum(d.returned_item_count) AS returned_item_count,
        sum(d.session_count) AS session_count,
        sum(d.view_count) AS view_count,
        sum(d.cart_count) AS cart_count
    FROM asked AS a
    JOIN features_customer_days AS d ON d.known_on < a.as_of
    LEFT JOIN persons AS p ON p.as_of = a.as_of AND p.customer_id = d.customer_id
    GROUP BY a.as_of, coalesce(p.person_id, d.customer_id), d.active_on
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
    SELECT as_of, person_id, count(*) AS account_count FROM persons GROUP BY as_of, person_id
),

channels AS (
    SELECT a.as_of, coalesce(p.person_id, d.customer_id) AS person_id, count(DISTINCT d.channel) AS channel_count
    FROM asked AS a
    JOIN (
        SELECT customer_id, channel, min(known_on) AS known_on FROM features_customer_days WHERE channel <> '' GROUP BY customer_id, channel
    ) AS d ON d.known_on < a.as_of
    LEFT JOIN persons AS p ON p.as_of = a.as_of AND p.customer_id = d.customer_id
    GROUP BY a.as_of, coalesce(p.person_id, d.customer_id)
),

products AS (
    SELECT a.as_of, p.product_id, p.category, row_number() OVER (PARTITION BY a.as_of, p.product_id ORDER BY p.known_on DESC) AS age
    FROM asked AS a JOIN clean_products AS p ON p.known_on < a.as_of
),

-- Reversals against: a line that was corrected away or cancelled was not bought.
bought AS (
    SELECT customer_id, product_id, known_on, sum(sign) AS line_count
    FROM clean_orders
    WHERE customer_id IS NOT NULL AND quantity > 0 AND cancelled_at IS NULL AND coalesce(line_type, 'product') = 'product'
    GROUP BY customer_id, product_id, known_on
),

baskets AS (
    SELECT a.as_of, b.customer_id, b.product_id
    FROM asked AS a JOIN bought AS b ON b.known_on < a.as_of
    GROUP BY a.as_of, b.customer_id, b.product_id
    HAVING sum(b.line_count) > 0
),

categories AS (
    SELECT b.as_of, coalesce(p.person_id, b.customer_id) AS person_id, count(DISTINCT c.category) AS category_count
    FROM baskets AS b
    JOIN products AS c ON c.as_of = b.as_of AND c.product_id = b.product_id AND c.age = 1
    LEFT JOIN persons AS p ON p.as_of = b.as_of AND p.customer_id = b.customer_id
    GROUP BY b.as_of, coalesce(p.person_id, b.customer_id)
),

attributes AS (
    SELECT
        a.as_of, c.customer_id, c.birth_year, c.gender, c.region, c.occupation, c.registered_at,
        row_number() OVER (PARTITION BY a.as_of, c.customer_id ORDER BY c.known_on DESC) AS age
    FROM asked AS a JOIN clean_customers AS c ON c.known_on < a.as_of
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
LEFT JOIN attributes AS t ON t.as_of = s.as_of AND t.customer_id = s.person_id AND t.age = 1
