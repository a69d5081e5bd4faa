-- The figures of the room Voice, beside those of the report. `$row` is an aspect, a Monday, a product, or an aspect and a product.

-- voice.aspect_low
SELECT praised_share_low FROM insights.aspect_trends WHERE as_of = AS_OF AND product_id IS NULL AND aspect = $row
-- voice.aspect_high
SELECT praised_share_high FROM insights.aspect_trends WHERE as_of = AS_OF AND product_id IS NULL AND aspect = $row
-- voice.week_reviews
SELECT count(label) FROM insights.review_scores WHERE known_on < AS_OF AND reviewed_on BETWEEN CAST($row AS DATE) AND CAST($row AS DATE) + 6
-- voice.week_share
SELECT avg(CAST(label = 'positive' AS INTEGER)) FROM insights.review_scores WHERE known_on < AS_OF AND reviewed_on BETWEEN CAST($row AS DATE) AND CAST($row AS DATE) + 6
-- voice.week_low
SELECT greatest((p + 1.9207) / (n + 3.8415) - 1.96 * sqrt(p * (n - p) / n + 0.9604) / (n + 3.8415), 0) FROM (SELECT count(label) AS n, count(*) FILTER (WHERE label = 'positive') AS p FROM insights.review_scores WHERE known_on < AS_OF AND reviewed_on BETWEEN CAST($row AS DATE) AND CAST($row AS DATE) + 6)
-- voice.week_high
SELECT least((p + 1.9207) / (n + 3.8415) + 1.96 * sqrt(p * (n - p) / n + 0.9604) / (n + 3.8415), 1) FROM (SELECT count(label) AS n, count(*) FILTER (WHERE label = 'positive') AS p FROM insights.review_scores WHERE known_on < AS_OF AND reviewed_on BETWEEN CAST($row AS DATE) AND CAST($row AS DATE) + 6)
-- voice.negative
SELECT count(*) FROM insights.review_scores WHERE label = 'negative' AND product_id IS NOT NULL AND known_on < AS_OF AND reviewed_on BETWEEN AS_OF - 28 AND AS_OF - 1
-- voice.product_negative
SELECT count(*) FROM insights.review_scores WHERE label = 'negative' AND product_id = $row AND known_on < AS_OF AND reviewed_on BETWEEN AS_OF - 28 AND AS_OF - 1
-- voice.product_reviews
SELECT count(label) FROM insights.review_scores WHERE product_id = $row AND known_on < AS_OF AND reviewed_on BETWEEN AS_OF - 28 AND AS_OF - 1
-- voice.warned_mentions
SELECT mention_count FROM insights.aspect_trends WHERE as_of = AS_OF AND aspect || coalesce(' ' || product_id, '') = $row
-- voice.warned_share
SELECT praised_share FROM insights.aspect_trends WHERE as_of = AS_OF AND aspect || coalesce(' ' || product_id, '') = $row
-- voice.warned_before
SELECT praised_share_before FROM insights.aspect_trends WHERE as_of = AS_OF AND aspect || coalesce(' ' || product_id, '') = $row
