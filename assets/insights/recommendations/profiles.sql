-- What each of the customers in `persons` interacted with, by `interests` (person_id, product_id, weight) and the `catalogue` of the week.
WITH levels AS (
    SELECT product_id, category, brand, percent_rank() OVER (PARTITION BY category ORDER BY price) AS price_level, price
    FROM catalogue
),

interacted AS (
    SELECT i.person_id, i.weight, l.category, l.brand, CASE WHEN l.price > 0 THEN l.price_level END AS price_level
    FROM interests AS i JOIN levels AS l ON l.product_id = i.product_id
),

sums AS (
    SELECT
        person_id, count(*) AS product_count, sum(weight) AS weight,
        sum(weight * price_level) / nullif(sum(CASE WHEN price_level IS NOT NULL THEN weight END), 0) AS price_level
    FROM interacted GROUP BY person_id
),

categories AS (
    SELECT person_id, category, sum(weight) AS weight, row_number() OVER (PARTITION BY person_id ORDER BY round(sum(weight), 6) DESC, category) AS place
    FROM interacted WHERE category IS NOT NULL GROUP BY person_id, category
),

brands AS (
    SELECT person_id, brand, sum(weight) AS weight, row_number() OVER (PARTITION BY person_id ORDER BY round(sum(weight), 6) DESC, brand) AS place
    FROM interacted WHERE brand IS NOT NULL GROUP BY person_id, brand
)

SELECT
    CAST($week AS DATE) AS as_of, c.person_id, coalesce(s.product_count, 0) AS product_count,
    a.category, round(a.weight / s.weight, 4) AS category_share,
    b.category AS second_category, round(b.weight / s.weight, 4) AS second_category_share,
    r.brand, round(r.weight / s.weight, 4) AS brand_share,
    round(s.price_level, 4) AS price_level,
    c.segment_zh, c.segment_en, c.age_band, c.gender, c.region
FROM persons AS c
LEFT JOIN sums AS s ON s.person_id = c.person_id
LEFT JOIN categories AS a ON a.person_id = c.person_id AND a.place = 1
LEFT JOIN categories AS b ON b.person_id = c.person_id AND b.place = 2
LEFT JOIN brands AS r ON r.person_id = c.person_id AND r.place = 1
