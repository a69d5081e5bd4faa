"""Conversations as of any Mondays."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from assets.features import reads as features
from assets.insights.service.intents.tables import MESSAGE_INTENTS
from resources.code import sql_files
from resources.contract import ANSWERS, MESSAGES
from resources.values import named
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

SQL = sql_files(__file__)
OTHER = "other"
# Intents as installed, and as shops mostly call them.
COMPLAINTS = ["complaint", "投诉", "抱怨"]
FOR_A_PERSON = ["human", "转人工", "人工客服"]


def conversations_then(warehouse: Warehouse, weeks: Sequence[date]) -> dict[str, Any]:
    """What selects read of some Mondays, beside what features give: `messages_then`, the messages known before each; `conversations`, a row each;
    `products_asked`, what each is about; `intent_names`."""
    inputs = features.as_of(warehouse, weeks)
    return inputs | {
        "messages": MESSAGES.clean,
        "message_intents": MESSAGE_INTENTS,
        "intents": SQL("intents"),
        "messages_then": (SQL("messages_then"), {}),
        "conversations": (SQL("conversations"), {}),
        "products_asked": SQL("products_asked"),
        "intent_names": intent_names(warehouse),
    }


def intent_names(warehouse: Warehouse) -> "pd.DataFrame":
    """intent, intent_zh, intent_en of every intent of the shop."""
    import pandas as pd

    inputs = {"messages": MESSAGES.clean, "message_intents": MESSAGE_INTENTS, "intents": SQL("intents")}
    found = warehouse.select("SELECT DISTINCT intent FROM intents WHERE intent IS NOT NULL ORDER BY intent", inputs)
    intents = dict.fromkeys((OTHER, *found["intent"]))
    rows = [(intent, named(intent).zh, named(intent).en) for intent in intents]
    return pd.DataFrame(rows, columns=["intent", "intent_zh", "intent_en"]).astype("str")


def answers_then(warehouse: Warehouse, week: date) -> list[tuple[str, str, str, str, str | None]]:
    """answer_id, intent, question, answer, locale of each entry as last known before a Monday."""
    return warehouse.connection.execute(
        f"SELECT answer_id, intent, question, answer, locale FROM {ANSWERS.clean.qualified} WHERE known_on < $week "
        "QUALIFY row_number() OVER (PARTITION BY answer_id ORDER BY known_on DESC) = 1 ORDER BY answer_id",
        {"week": week},
    ).fetchall()
