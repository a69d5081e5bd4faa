-- The reviews of the days in `asked`, numbered in the order in which they were known. `place`: among those of a delivery, by a hash.
SELECT
    row_number() OVER (ORDER BY known_on, delivered_on, row_no) AS n,
    *,
    row_number() OVER (PARTITION BY delivered_on ORDER BY md5(review_id), row_no) AS place
FROM (SELECT * FROM clean.reviews JOIN asked USING (delivered_on) WHERE sign = 1)
