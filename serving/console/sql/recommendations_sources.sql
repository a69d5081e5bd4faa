-- What each source gives to the lists of the week, and what impressions and clicks say of it.
SELECT
    coalesce(r.list, f.list) AS list, coalesce(r.source, f.source) AS source, coalesce(r.items, 0) AS items, coalesce(r.customers, 0) AS customers,
    f.impression_count, f.click_count, f.purchase_count, f.click_rate, f.lift, f.lift_low, f.lift_high
FROM (
    SELECT list, source, count(*) AS items, count(DISTINCT person_id) AS customers
    FROM recommendations
    WHERE as_of = getvariable('as_of')
    GROUP BY ALL
) AS r
FULL JOIN (FROM recommendation_feedback WHERE as_of = getvariable('as_of')) AS f ON f.list = r.list AND f.source = r.source
ORDER BY list, items DESC, source
