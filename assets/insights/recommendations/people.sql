-- The customers of `persons` (person_id and segment, where it is known), with the groups whose popularity serves who is not known
-- otherwise: the segment, then gender and age as known before the Monday in `weeks`.
SELECT
    p.person_id, p.segment_zh, p.segment_en, a.gender, a.birth_year,
    CASE WHEN p.segment_id IS NOT NULL THEN concat('segment ', p.segment_id) END AS segment_group,
    CASE WHEN a.gender IS NOT NULL THEN concat('gender ', a.gender, ', born ', coalesce(CAST(10 * (a.birth_year // 10) AS VARCHAR), '?')) END AS age_group,
    CASE WHEN a.gender IS NOT NULL THEN concat('gender ', a.gender) END AS gender_group
FROM persons AS p
LEFT JOIN customers_then AS a ON a.customer_id = p.person_id
ORDER BY p.person_id
