"""The query of every figure of the page, as whoever doubts it runs it on the published snapshot."""

import re
from pathlib import Path

from assets.outreach.report.reads import Reads
from resources.consents import NOTHING, TABLE
from resources.sales import sales

FILE = Path(__file__).with_name("figures.sql")
WEEK = "known_on < CAST($row AS DATE) AND ordered_on BETWEEN CAST($row AS DATE) - 7 AND CAST($row AS DATE) - 1"
MOVES = """(
    SELECT m.customer_count, MOVED f.position AS before, t.position
    FROM insights.rfm_moves AS m
    JOIN insights.rfm_profiles AS f ON f.as_of = m.as_of AND f.kind = m.kind AND f.name_en = m.from_en
    JOIN insights.rfm_profiles AS t ON t.as_of = m.as_of AND t.kind = m.kind AND t.name_en = m.to_en
    WHERE m.as_of = AS_OF AND m.kind = 'group'
)"""
NOBODY = "(SELECT '' AS customer_id, '' AS person_id WHERE false)"
PEOPLE = "(SELECT customer_id, person_id FROM features.identities WHERE as_of = AS_OF)"
AGREED = """(
    SELECT coalesce(person_id, customer_id) FROM CONSENTS LEFT JOIN PEOPLE USING (customer_id)
    WHERE purpose = 'marketing' GROUP BY ALL HAVING bool_and(is_given) AND bool_or(channel = '')
)"""
REFUSING = """(
    SELECT coalesce(person_id, customer_id) FROM CONSENTS LEFT JOIN PEOPLE USING (customer_id)
    WHERE purpose = 'personalisation' AND NOT is_given
)"""
LEAVING = """(
    SELECT p.person_id, p.reasons_en, SPEND c.purchases_365d, coalesce(WORTH SPEND c.purchases_365d) AS worth
    FROM insights.predictions AS p
    JOIN features.customers AS c USING (as_of, person_id)
    JOIN_CLV
    WHERE p.as_of = AS_OF
    QUALIFY p.p_churn >= 0.5 AND worth > avg(worth) OVER () AND p.person_id NOT IN REFUSING
)"""
WORTHS = ("clv_12m", "clv_6m", "clv_3m", "expected_purchases_12m", "expected_purchases_6m", "expected_purchases_3m")


def queries(reads: Reads, *others: Path) -> dict[str, str]:
    """By name, the select of each figure of figures.sql and of `others`, files like it; one that is asked a row at a time has the
    parameter `$row`."""
    blocks = [block for file in (FILE, *others) for block in _blocks(file)]
    worths = "".join(f"v.{name}, " for name in WORTHS if name in reads.columns("insights.clv"))
    mondays = ", ".join(f"DATE '{week}'" for week in reads.weeks_before)
    # Those that hold others come first.
    filled = {
        "LEAVING": LEAVING,
        "JOIN_CLV": "LEFT JOIN insights.clv AS v USING (as_of, person_id)" if worths else "",
        "WORTH": worths,
        "MOVES": MOVES,
        "MOVED": "m.spend_90d," if reads.shop.has_prices else "",
        "SPEND": "c.spend_365d," if reads.shop.has_prices else "",
        "AGREED": AGREED,
        "REFUSING": REFUSING,
        "CONSENTS": TABLE if reads.columns(TABLE) else f"({NOTHING})",
        "PEOPLE": PEOPLE if reads.columns("features.identities") else NOBODY,
        "HIGH_SCORE": "m_score" if reads.shop.has_prices else "f_score",
        "SALES": f"({sales(reads.shop)})",
        "HORIZON": str(reads.horizon_days),
        "WEEK": WEEK,
        "MONDAYS": f"[{mondays}]",
        "AS_OF": f"DATE '{reads.as_of}'",
    }
    found = {}
    for name, text in zip(blocks[::2], blocks[1::2], strict=True):
        for token, sql in filled.items():
            text = re.sub(rf"\b{token}\b", lambda _, sql=sql: sql, text)
        found[name] = re.sub(r"\s*\n\s*", " ", text.strip())
    return found


def _blocks(file: Path) -> list[str]:
    """The names and selects of a file, in turn."""
    return re.split(r"^-- (\w+\.\w+)\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
