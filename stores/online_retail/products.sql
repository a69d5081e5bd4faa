-- A product's title is its usual wording up to then: what staff note in the same column (damages, lost, ?) stands on lines
-- without a price. The category is the first keyword of the list that begins a word of the title.
SELECT
    StockCode AS product_id,
    Description AS title,
    CASE
        WHEN concat(' ', Description) ILIKE '% christmas%' THEN 'christmas'
        WHEN concat(' ', Description) ILIKE '% lunch%' THEN 'lunch'
        WHEN concat(' ', Description) ILIKE '% bag%' THEN 'bag'
        WHEN concat(' ', Description) ILIKE '% cake%' THEN 'cake'
        WHEN concat(' ', Description) ILIKE '% t-light%' THEN 't-light'
        WHEN concat(' ', Description) ILIKE '% bunting%' THEN 'bunting'
        WHEN concat(' ', Description) ILIKE '% doormat%' THEN 'doormat'
        WHEN concat(' ', Description) ILIKE '% water bottle%' THEN 'water bottle'
        WHEN concat(' ', Description) ILIKE '% clock%' THEN 'clock'
        WHEN concat(' ', Description) ILIKE '% frame%' THEN 'frame'
        WHEN concat(' ', Description) ILIKE '% sign%' THEN 'sign'
        WHEN concat(' ', Description) ILIKE '% card%' THEN 'card'
        WHEN concat(' ', Description) ILIKE '% wrap%' THEN 'wrap'
        WHEN concat(' ', Description) ILIKE '% tea%' THEN 'tea'
        WHEN concat(' ', Description) ILIKE '% mug%' THEN 'mug'
        WHEN concat(' ', Description) ILIKE '% tin%' THEN 'tin'
        WHEN concat(' ', Description) ILIKE '% box%' THEN 'box'
        WHEN concat(' ', Description) ILIKE '% glass%' THEN 'glass'
        WHEN concat(' ', Description) ILIKE '% heart%' THEN 'heart'
        WHEN concat(' ', Description) ILIKE '% wooden%' THEN 'wooden'
        WHEN concat(' ', Description) ILIKE '% paper%' THEN 'paper'
    END AS category,
    min(CAST(InvoiceDate AS DATE)) AS known_on
FROM invoices
WHERE UnitPrice > 0 AND Description IS NOT NULL AND regexp_full_match(StockCode, '([0-9]{5}.*)|(DCGS.*)')
GROUP BY StockCode, Description
ORDER BY known_on, product_id, title
