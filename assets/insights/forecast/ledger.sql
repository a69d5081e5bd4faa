-- What each day sold, as a ledger: a row says by how much a day's figure changed by what became known on `known_on`. So the
-- figure as of any Monday is the sum of the rows known before it, and late rows, reversals and cancellations cost no second pass.
-- What was sold, to guests too; returns aside.
WITH lines AS (
    SELECT order_id, customer_id, product_id, ordered_on, known_on, sign, quantity, amount FROM sales WHERE quantity > 0
),

-- An order and a customer count once a day, from the day on which a line of theirs is known until all are reversed.
order_lines AS (
    SELECT
        ordered_on, known_on, line_count,
        sum(line_count) OVER (PARTITION BY ordered_on, order_id ORDER BY known_on) AS after
    FROM (
        SELECT ordered_on, order_id, known_on, sum(sign) AS line_count
        FROM lines
        GROUP BY ordered_on, order_id, known_on
    )
),

customer_lines AS (
    SELECT
        ordered_on, known_on, line_count,
        sum(line_count) OVER (PARTITION BY ordered_on, customer_id ORDER BY known_on) AS after
    FROM (
        SELECT ordered_on, customer_id, known_on, sum(sign) AS line_count
        FROM lines
        WHERE customer_id IS NOT NULL
        GROUP BY ordered_on, customer_id, known_on
    )
),

pieces AS (
    SELECT product_id, ordered_on, known_on, sum(sign * quantity) AS piece_count
    FROM lines
    GROUP BY product_id, ordered_on, known_on
),

-- The category of a product as of a Monday is the last one known before it: a product that changes takes its past along.
categories AS (
    SELECT product_id, category, known_on AS since, lead(known_on) OVER (PARTITION BY product_id ORDER BY known_on) AS until
    FROM products
),

pieces_by_category AS (
    SELECT c.category, p.ordered_on, p.piece_count, c.until, greatest(p.known_on, c.since) AS known_on
    FROM pieces AS p
    JOIN categories AS c ON c.product_id = p.product_id AND (c.until IS NULL OR p.known_on < c.until)
    WHERE c.category IS NOT NULL
),

changes AS (
    SELECT
        'orders' AS series, '' AS category, ordered_on, known_on,
        CASE WHEN after > 0 THEN 1 ELSE 0 END - CASE WHEN after - line_count > 0 THEN 1 ELSE 0 END AS change
    FROM order_lines
    UNION ALL
    SELECT
        'customers', '', ordered_on, known_on,
        CASE WHEN after > 0 THEN 1 ELSE 0 END - CASE WHEN after - line_count > 0 THEN 1 ELSE 0 END
    FROM customer_lines
    UNION ALL
    SELECT 'revenue', '', ordered_on, known_on, sign * amount FROM lines
    UNION ALL
    SELECT 'demand', '', ordered_on, known_on, piece_count FROM pieces
    UNION ALL
    SELECT 'demand', category, ordered_on, known_on, piece_count FROM pieces_by_category
    UNION ALL
    SELECT 'demand', category, ordered_on, until, -piece_count FROM pieces_by_category WHERE until IS NOT NULL
)

SELECT series, category, ordered_on, known_on, CAST(sum(change) AS DOUBLE) AS change
FROM changes
GROUP BY series, category, ordered_on, known_on
HAVING sum(change) <> 0
ORDER BY series, category, ordered_on, known_on
