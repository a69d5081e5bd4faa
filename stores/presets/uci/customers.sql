-- en: A customer's country is known from the first invoice that says it.
-- zh: 客户的国家从第一张写明它的发票那天起算作已知。
SELECT
    regexp_replace(CAST(CustomerID AS VARCHAR), '[.]0$', '') AS customer_id,
    Country AS region,
    CAST(min(coalesce(TRY_CAST(InvoiceDate AS TIMESTAMP), try_strptime(CAST(InvoiceDate AS VARCHAR), '%m/%d/%Y %H:%M'))) AS DATE) AS known_on
FROM invoices
WHERE CAST(CustomerID AS VARCHAR) <> ''
GROUP BY 1, 2
ORDER BY known_on, customer_id, region
