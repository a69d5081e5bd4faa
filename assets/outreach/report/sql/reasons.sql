-- What speaks against another order of those of the week (an arrow down), in both languages, and how often it is named.
SELECT ltrim(pair[1], '↓ ') AS zh, ltrim(pair[2], '↓ ') AS en, count(*) AS customers
FROM (
    SELECT unnest(list_zip(string_split(reasons_zh, '；'), string_split(reasons_en, '; '))) AS pair
    FROM leaving
    WHERE as_of = getvariable('as_of')
)
WHERE pair[1] <> '' AND pair[2] <> '' AND NOT starts_with(pair[2], '↑')
GROUP BY zh, en
ORDER BY customers DESC, en
