-- What each person's reviews say as of the Mondays in `asked`, from verdicts known before, each by a model fitted before it was known.
-- `persons` holds the accounts that belong together as of each Monday.
WITH said AS (
    SELECT
        a.as_of,
        coalesce(p.person_id, r.customer_id) AS person_id,
        r.*,
        r.p_positive - r.p_negative AS sentiment,
        row_number() OVER (
            PARTITION BY a.as_of, r.review_id ORDER BY r.known_on DESC, r.delivered_on DESC, r.row_no DESC
        ) AS age
    FROM asked AS a
    JOIN insights.review_scores AS r ON r.known_on < a.as_of
    LEFT JOIN persons AS p ON p.as_of = a.as_of AND p.customer_id = r.customer_id
)

SELECT
    as_of,
    person_id,
    count(*) AS review_count,
    as_of - max(reviewed_on) AS review_recency_days,
    round(avg(rating), 4) AS review_rating,
    round(avg(sentiment), 4) AS review_sentiment,
    round(arg_max(sentiment, row(reviewed_on, review_id)), 4) AS latest_review_sentiment,
    count(*) FILTER (WHERE label = 'negative' AND known_on >= as_of - 90) AS negative_review_count_90d
FROM said
WHERE age = 1 AND person_id IS NOT NULL
GROUP BY as_of, person_id
ORDER BY as_of, person_id
