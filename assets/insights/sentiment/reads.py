"""Reviews with their verdicts as of Mondays, and the rated ones that a fit rests on."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from assets.features import reads as features
from assets.insights.sentiment.tables import REVIEW_SCORES
from resources.code import sql_files
from resources.contract import REVIEWS
from resources.warehouse import Warehouse

SQL = sql_files(__file__)


def reviews_then(warehouse: Warehouse, weeks: Sequence[date]) -> dict[str, Any]:
    """What selects read of some Mondays: `opinions`, the last verdict on each review known before, and `spoken`, the aspects in them."""
    return {
        "weeks": list(weeks),
        "reviews": REVIEW_SCORES,
        "reviews_then": features.SQL("reviews_then"),
        "opinions": (SQL("reviews"), {}),
        "spoken": (SQL("spoken"), {}),
    }


def rated_count(warehouse: Warehouse, day: date) -> int:
    """Reviews with stars and words known before a day."""
    return int(warehouse.select(f"SELECT count(*) AS n FROM ({SQL('rated')})", _rated(day))["n"][0])


def rated_reviews(warehouse: Warehouse, day: date, most: int) -> list[tuple[str, int]]:
    """The newest `most` of them, text and stars, oldest first."""
    query = f"SELECT text, rating FROM ({SQL('rated')}) ORDER BY known_on DESC, review_id LIMIT $most"
    with warehouse.given(_rated(day)):
        return warehouse.connection.execute(query, {"most": most}).fetchall()[::-1]


def _rated(day: date) -> dict[str, Any]:
    return {
        "weeks": [day],
        "reviews": f"SELECT * FROM {REVIEWS.clean.qualified} WHERE sign = 1",
        "reviews_then": features.SQL("reviews_then"),
    }
