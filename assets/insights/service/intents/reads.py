"""The labelled messages that a fit rests on."""

from datetime import date

from resources.code import sql_files
from resources.warehouse import Warehouse

SQL = sql_files(__file__)


def labelled_count(warehouse: Warehouse, day: date) -> int:
    """Customers' messages with an intent known before a day."""
    query = f"SELECT count(*) FROM ({SQL('labelled')})"
    return warehouse.connection.execute(query, {"day": day}).fetchall()[0][0]


def labelled_messages(warehouse: Warehouse, day: date, most: int) -> list[tuple[str, str, str]]:
    """The newest `most` of them: text, intent and the message before, oldest first."""
    query = (
        f"SELECT text, intent, previous FROM ({SQL('labelled')}) ORDER BY known_on DESC, message_id DESC LIMIT $most"
    )
    return warehouse.connection.execute(query, {"day": day, "most": most}).fetchall()[::-1]
