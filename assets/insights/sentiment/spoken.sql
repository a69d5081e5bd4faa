-- The aspects that reviews speak of as of each Monday, a row an aspect of a review.
SELECT as_of, product_id, review_id, known_on, said.aspect AS aspect, said.p_praised AS p_praised, said.clause AS clause
FROM opinions, unnest(aspects) AS t(said)
