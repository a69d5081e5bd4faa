-- The customers of `customers_then` (person_id), with the groups whose popularity serves who is not known otherwise: the segment as
-- of $week where it is known, then gender and age as known before it.
WITH attributes AS (
    SELECT
        customer_id, gender, birth_year, row_number() OVER (PARTITION BY customer_id ORDER BY known_on DESC) AS age
    FROM clean_customers WHERE known_on < $week
)

SELECT
    c.person_id, s.segment_zh, s.segment_en, a.gender, a.birth_year,
    CASE WHEN s.segment_id IS NOT NULL THEN concat('segment ', s.segment_id) END AS segment_group,
    CASE WHEN a.gender IS NOT NULL THEN concat('gender ', a.gender, ', born ', coalesce(CAST(10 * (a.birth_year // 10) AS VARCHAR), '?')) END AS age_group,
    CASE WHEN a.gender IS NOT NULL THEN concat('gender ', a.gender) END AS gender_group
FROM customers_then AS c
LEFT JOIN segments_then AS s ON s.person_id = c.person_id
LEFT JOIN attributes AS a ON a.customer_id = c.person_id AND a.age = 1
ORDER BY c.person_id
