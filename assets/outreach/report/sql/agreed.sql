-- Who may be written to: a customer agrees when an account of theirs does and none refuses; of one that nobody asked it is not known.
SELECT
    coalesce(p.person_id, a.customer_id) AS person_id,
    bool_or(a.marketing_consent) AND bool_and(coalesce(a.marketing_consent, true)) AS may_be_reached
FROM accounts AS a
LEFT JOIN people AS p USING (customer_id)
GROUP BY 1
