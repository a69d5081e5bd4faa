-- A product's title is its usual wording up to then: what staff note in the same column (damages, lost, ?) stands on lines
-- without a price. The category is the first keyword of the list that the title holds.
SELECT
    StockCode AS product_id,
    Description AS title,
    NULL AS category,
    min(CAST(InvoiceDate AS DATE)) AS known_on
FROM invoices
WHERE UnitPrice > 0 AND Description IS NOT NULL AND regexp_full_match(StockCode, '([0-9]{5}.*)|(DCGS.*)')
GROUP BY StockCode, Description
ORDER BY known_on, product_id, title
