-- The rows of UCI Online Retail that are usually counted: with a customer, not cancelled, price and quantity above zero (397,884
-- lines, 4,338 customers). Cancelled lines are returns on their day. Named as the feature SQL of the assets reads them.
CREATE TEMP TABLE lines AS
SELECT
    CAST(CustomerID AS VARCHAR) AS customer_id,
    StockCode AS product_id,
    Country AS region,
    CAST(InvoiceDate AS DATE) AS active_on,
    InvoiceNo LIKE 'C%' AS is_return,
    abs(Quantity) AS quantity,
    CAST(abs(Quantity) * UnitPrice AS DECIMAL(18,4)) AS value
FROM read_parquet($path)
WHERE CustomerID IS NOT NULL AND UnitPrice > 0 AND (InvoiceNo LIKE 'C%' OR Quantity > 0);

CREATE TEMP TABLE customer_days AS
SELECT
    customer_id, active_on, '' AS channel, active_on AS known_on,
    count(*) FILTER (WHERE NOT is_return) AS line_count,
    coalesce(sum(quantity) FILTER (WHERE NOT is_return), 0) AS item_count,
    coalesce(sum(value) FILTER (WHERE NOT is_return), 0) AS gross,
    count(*) FILTER (WHERE is_return) AS returned_line_count,
    coalesce(sum(quantity) FILTER (WHERE is_return), 0) AS returned_item_count,
    coalesce(sum(value) FILTER (WHERE is_return), 0) AS returned,
    0 AS session_count, 0 AS view_count, 0 AS cart_count
FROM lines
GROUP BY customer_id, active_on;

CREATE TEMP TABLE merged (as_of DATE, customer_id VARCHAR, person_id VARCHAR);
CREATE TEMP TABLE products (product_id VARCHAR, category VARCHAR, known_on DATE);
CREATE TEMP TABLE sales (
    customer_id VARCHAR, product_id VARCHAR, ordered_on DATE, known_on DATE, sign INTEGER, quantity BIGINT
);
CREATE TEMP TABLE customers AS
SELECT
    customer_id, min(region) AS region, min(active_on) AS known_on,
    CAST(NULL AS INTEGER) AS birth_year, CAST(NULL AS VARCHAR) AS gender, CAST(NULL AS VARCHAR) AS occupation,
    CAST(NULL AS TIMESTAMP) AS registered_at
FROM lines
GROUP BY customer_id;
