-- en: A title is known from the first day on which it stood on a line with a price; what staff note in the same column has none.
-- zh: 商品名从第一次写在有价格的明细上的那天起算作已知；店员在同一列里记的备注没有价格。
SELECT
    StockCode AS product_id,
    Description AS title,
    CAST(min(coalesce(TRY_CAST(InvoiceDate AS TIMESTAMP), try_strptime(CAST(InvoiceDate AS VARCHAR), '%m/%d/%Y %H:%M'))) AS DATE) AS known_on
FROM invoices
WHERE as_amount(CAST(UnitPrice AS VARCHAR)) > 0 AND Description <> '' AND regexp_full_match(StockCode, '([0-9]{5}.*)|(DCGS.*)')
GROUP BY ALL
ORDER BY known_on, product_id, title
