-- What each person's reviews say as of the Mondays in `weeks`, from verdicts known before, each by a model fitted before it was known.
-- `merged` holds the accounts that belong together as of each Monday.
WITH said AS (
    SELECT r.*, coalesce(m.person_id, r.customer_id) AS person_id,
        -- Exact, so that the mean does not depend on the order in which threads add.
        CAST(r.p_positive - r.p_negative AS DECIMAL(9, 6)) AS sentiment
    FROM reviews_then AS r
    LEFT JOIN merged AS m ON m.as_of = r.as_of AND m.customer_id = r.customer_id
)

SELECT
    as_of,
    person_id,
    count(*) AS review_count,
    as_of - max(reviewed_on) AS review_recency_days,
    round(avg(rating), 4) AS review_rating,
    round(avg(sentiment), 4) AS review_sentiment,
    round(CAST(arg_max(sentiment, row(reviewed_on, review_id)) AS DOUBLE), 4) AS latest_review_sentiment,
    count(*) FILTER (WHERE label = 'negative' AND known_on >= as_of - 90) AS negative_review_count_90d
FROM said
WHERE person_id IS NOT NULL
GROUP BY as_of, person_id
ORDER BY as_of, person_id
