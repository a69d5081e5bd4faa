-- The RFM classes of the week, in the order in which people read them.
SELECT position, name_zh, name_en, meaning_zh, meaning_en, customer_count, customer_share, spend_share, spend_90d
FROM rfm_profiles
WHERE as_of = getvariable('as_of') AND kind = 'class'
ORDER BY position
