-- A title is known from the first day on which it stood on a line with a price; what staff note in the same column has none.
SELECT
    StockCode AS product_id,
    Description AS title,
    CAST(min(coalesce(TRY_CAST(InvoiceDate AS TIMESTAMP), try_strptime(CAST(InvoiceDate AS VARCHAR), '%m/%d/%Y %H:%M'))) AS DATE) AS known_on
FROM invoices
WHERE as_amount(CAST(UnitPrice AS VARCHAR)) > 0 AND Description <> '' AND regexp_full_match(StockCode, '([0-9]{5}.*)|(DCGS.*)')
GROUP BY ALL
ORDER BY known_on, product_id, title
