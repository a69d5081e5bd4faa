-- Of each person who decided: whether they may be addressed (agrees; empty where that is not known) and whether they refuse to be treated by personal traits,
-- by what their accounts `decided`. Who refuses with one account or for one channel refuses.
SELECT
    d.as_of, coalesce(m.person_id, d.customer_id) AS person_id,
    CASE
        WHEN bool_or(d.purpose = 'marketing' AND NOT d.is_given) THEN false
        WHEN bool_or(d.purpose = 'marketing' AND d.channel = '') THEN true
    END AS agrees,
    bool_or(d.purpose = 'personalisation' AND NOT d.is_given) AS refuses
FROM decided AS d LEFT JOIN merged AS m ON m.as_of = d.as_of AND m.customer_id = d.customer_id
GROUP BY ALL
