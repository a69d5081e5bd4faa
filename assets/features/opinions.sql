-- What each person's reviews say, from verdicts known before the as-of date, each by a model fitted before it was known.
WITH said AS (
    SELECT
        coalesce(p.person_id, r.customer_id) AS person_id,
        r.*,
        r.p_positive - r.p_negative AS sentiment,
        row_number() OVER (
            PARTITION BY r.review_id ORDER BY r.known_on DESC, r.delivered_on DESC, r.row_no DESC
        ) AS age
    FROM insights.review_scores AS r
    LEFT JOIN persons AS p ON p.customer_id = r.customer_id AND p.as_of = $as_of
    WHERE r.known_on < $as_of AND r.customer_id IS NOT NULL
)

SELECT
    person_id,
    count(*) AS review_count,
    CAST($as_of AS DATE) - max(reviewed_on) AS review_recency_days,
    round(avg(rating), 4) AS review_rating,
    round(avg(sentiment), 4) AS review_sentiment,
    round(arg_max(sentiment, row(reviewed_on, review_id)), 4) AS latest_review_sentiment,
    count(*) FILTER (WHERE label = 'negative' AND known_on >= CAST($as_of AS DATE) - 90) AS negative_review_count_90d
FROM said
WHERE age = 1
GROUP BY person_id
ORDER BY person_id
