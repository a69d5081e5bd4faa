-- en: The file has no line numbers: lines of one invoice are numbered by what they say, so that exact duplicates get the same number.
-- en: Postage, fees, samples and book-keeping stand in the same file under codes that begin with letters.
-- zh: 文件里没有行号：同一发票的明细按内容编号，完全重复的行得到同一个号。
-- zh: 邮费、手续费、样品和记账行也在这个文件里，代码以字母开头。
SELECT
    InvoiceNo AS order_id,
    dense_rank() OVER (
        PARTITION BY InvoiceNo ORDER BY StockCode, Description, Quantity, UnitPrice, InvoiceDate, CustomerID, Country
    ) AS line_no,
    regexp_replace(CAST(CustomerID AS VARCHAR), '[.]0$', '') AS customer_id,
    StockCode AS product_id,
    Quantity AS quantity,
    UnitPrice AS unit_price,
    InvoiceDate AS ordered_at,
    CASE
        WHEN upper(StockCode) IN ('POST', 'DOT', 'C2') THEN 'shipping'
        WHEN upper(StockCode) IN ('AMAZONFEE', 'BANK CHARGES', 'CRUK') THEN 'fee'
        WHEN upper(StockCode) IN ('S', 'PADS') THEN 'sample'
        WHEN upper(StockCode) IN ('D', 'M', 'B') OR as_amount(CAST(UnitPrice AS VARCHAR)) <= 0 THEN 'adjustment'
        WHEN regexp_full_match(StockCode, '[0-9]{5}.*') OR StockCode LIKE 'DCGS%' THEN 'product'
        ELSE 'adjustment'
    END AS line_type
FROM invoices
