"""Who is on a list: its declaration as a select over a week's cards."""

from collections.abc import Sequence

from resources.audiences import Audience, Range, holds
from resources.quoting import literal


def chosen(name: str, audience: Audience, columns: Sequence[str]) -> str:
    """The select of (audience, person_id, value, seed) of a week of `customer_360`, which has `columns`: who fulfils all that the list says. `seed`: how
    many of the best by value are wanted, empty for all."""
    said = _criteria(audience)
    value = "clv_12m" if "clv_12m" in columns else "NULL"
    seed = audience.lookalike_seed or "NULL"
    return (
        f"SELECT {literal(name)} AS audience, person_id, CAST({value} AS DOUBLE) AS value, CAST({seed} AS BIGINT) AS seed FROM customer_360 "
        f"WHERE as_of = $week AND {' AND '.join(said)}"
    )


def _criteria(audience: Audience) -> list[str]:
    said: list[str] = ["true"]
    for part, values in (("segment", audience.segments), ("class", audience.classes)):
        if values:
            said.append(f"({part}_zh IN ({_listed(values)}) OR {part}_en IN ({_listed(values)}))")
    for column, range_ in (("p_churn", audience.risk), ("clv_12m", audience.value)):
        if range_:
            said.append(_within(column, range_))
    if audience.best_share is not None:
        best = "SELECT person_id FROM customer_360 WHERE as_of = $week AND clv_12m IS NOT NULL ORDER BY clv_12m DESC, person_id"
        count = f"CAST(ceil({audience.best_share!r} * count(*)) AS BIGINT)"
        most = f"SELECT {count} FROM customer_360 WHERE as_of = $week"
        said.append(f"person_id IN ({best} LIMIT ({most}))")
    if audience.lookalike_seed:
        said.append("clv_12m IS NOT NULL")
    if audience.categories:
        said.append(
            f"(category IN ({_listed(audience.categories)}) OR second_category IN ({_listed(audience.categories)}))"
        )
    if audience.brands:
        said.append(f"brand IN ({_listed(audience.brands)})")
    if audience.next_order_within_days is not None:
        said.append(f"next_order_on BETWEEN as_of AND as_of + {audience.next_order_within_days}")
    if audience.where is not None:
        said.append(holds(audience.where))
    return said


def _within(column: str, range_: Range) -> str:
    ends = ((range_.least, ">="), (range_.most, "<="))
    return " AND ".join(f"{column} {sign} {end!r}" for end, sign in ends if end is not None)


def _listed(values: Sequence[str]) -> str:
    return ", ".join(literal(value) for value in values)
