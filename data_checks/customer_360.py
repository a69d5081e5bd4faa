"""What is expected of insights.customer_360."""

from collections.abc import Iterator, Mapping, Sequence

from data_checks.gate.expectation import Expectation
from resources.quoting import identifier
from resources.tables import Column

Columns = Sequence[tuple[str, Column]]


def customer_360(parts: Mapping[str, Columns]) -> list[Expectation]:
    """By table the columns that it gives, each with its column on the card."""
    says = " UNION ALL ".join(side for table, columns in parts.items() for side in _sides(table, columns))
    return [
        Expectation(
            "everybody_has_a_card_or_nobody_has",
            "Who is in no list is written to by nobody, and served by nobody.",
            """
            SELECT CAST(a.as_of AS VARCHAR), CASE WHEN s.persons > 0 THEN c.persons - s.persons END FROM asked AS a
            LEFT JOIN (SELECT as_of, count(*) AS persons FROM stage GROUP BY as_of) AS s ON s.as_of = a.as_of
            LEFT JOIN (SELECT as_of, count(*) AS persons FROM features.customers GROUP BY as_of) AS c ON c.as_of = a.as_of
            """,
            at_least=0,
            at_most=0,
        ),
        Expectation(
            "a_card_says_what_its_tables_say",
            "Tables whose values of these persons add up to another sum on their cards: two answers to one question.",
            f"SELECT part, count(*) FROM (SELECT part, source FROM ({says}) GROUP BY part, source HAVING sum(says) <> 0) GROUP BY part",
            at_most=0,
        ),
    ]


def _sides(table: str, columns: Columns) -> Iterator[str]:
    """A table and its part of the card as hashes, those of the card negative: alike, they add up to nothing. Of lists every value counts."""
    lists = [(name, column.name) for name, column in columns if column.name != name]
    if lists:
        for name, on_card in lists:
            yield _hashed(f"{table}.{name}", table, [name], "")
            unnested = f"(SELECT as_of, person_id, unnest({identifier(on_card)}) AS {identifier(name)} FROM stage)"
            yield _hashed(f"{table}.{name}", unnested, [name], "-")
        return
    names = [name for name, _ in columns]
    yield _hashed(table, table, names, "")
    yield _hashed(table, "stage", names, "-")


def _hashed(source: str, rows: str, names: Sequence[str], sign: str) -> str:
    columns = [identifier(name) for name in names]
    return (
        f"SELECT CAST(as_of AS VARCHAR) AS part, '{source}' AS source, {sign}CAST(hash(person_id, {', '.join(columns)}) AS HUGEINT) AS says "
        f"FROM {rows} AS r SEMI JOIN (SELECT as_of, person_id FROM stage) AS s USING (as_of, person_id) "
        f"WHERE {' OR '.join(f'{column} IS NOT NULL' for column in columns)}"
    )
