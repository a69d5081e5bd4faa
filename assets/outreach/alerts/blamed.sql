-- Reviews of the week before the Monday that blame: by their words with little doubt, by their stars where there is no verdict. One that
-- blamed before it was changed is told no more.
SELECT
    'review ' || o.review_id AS source, 'review' AS kind, o.customer_id,
    list_transform(list_filter(o.aspects, lambda said: said.p_praised < 0.5), lambda said: said.aspect) AS aspects
FROM opinions AS o
WHERE o.known_on >= o.as_of - 7 AND o.customer_id IS NOT NULL
    AND (o.p_negative >= $least_blame OR (o.label IS NULL AND o.rating <= 2))
    AND NOT EXISTS (
        FROM reviews AS e
        WHERE e.review_id = o.review_id AND e.known_on < o.as_of - 7
            AND (e.p_negative >= $least_blame OR (e.label IS NULL AND e.rating <= 2))
    )
