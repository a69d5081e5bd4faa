-- Books the valid rows that arrived ({table}) as in a ledger. A row that repeats the newest one of its key is a duplicate;
-- one that differs from it is booked after a reversal of that one, both on the new delivery day. So sums stay additive.
WITH earlier AS (
    SELECT {columns}, delivered_on, row_no, known_on, false AS is_arrival
    FROM clean.{table}
    WHERE sign = 1
        AND delivered_on < (SELECT min(delivered_on) FROM asked)
        AND {key_in_arrivals}
),

newest_earlier AS (
    SELECT * FROM (
        SELECT *, row_number() OVER (PARTITION BY {key} ORDER BY delivered_on DESC, row_no DESC) AS age
        FROM earlier
    ) WHERE age = 1
),

in_order AS (
    SELECT {columns}, delivered_on, row_no, known_on, is_arrival FROM newest_earlier
    UNION ALL
    SELECT {columns}, delivered_on, row_no, known_on, true FROM candidates WHERE reason IS NULL
),

compared AS (
    -- In a history a row may be followed by one that happened before it: both count from the later day, or weeks between see two.
    SELECT
        {columns}, delivered_on, row_no, is_arrival,
        max(known_on) OVER (PARTITION BY {key} ORDER BY delivered_on, row_no) AS known_on,
        struct_pack({content}) AS content,
        lag(struct_pack({content})) OVER (PARTITION BY {key} ORDER BY delivered_on, row_no) AS before
    FROM in_order
)

SELECT *, before IS NOT NULL AND before = content AS is_duplicate FROM compared WHERE is_arrival
