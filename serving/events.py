"""Events, decisions and outcomes as they are posted: each field as the contract has it."""

import re
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model
from pydantic_core import PydanticCustomError

from resources.contract import CONTRACT, INSTANT
from resources.contract import Field as ContractField
from serving.answers import INVALID, Refused, filled

MOST_ROWS = 1000
LONGEST = 500
# No id and no words have control signs in them.
PLAIN = r"^[^\x00-\x1F\x7F]+$"
DATED = re.compile(r"\d{4}-\d{2}-\d{2}[Tt _]")


@cache
def posted(table: str) -> type[BaseModel]:
    """What is taken for a table of the contract: a list of its rows, under its name."""
    fields: dict[str, Any] = {
        field.name: (_type(field), Field(description=field.description))
        if field.required
        else (_type(field) | None, Field(None, description=field.description))
        for field in CONTRACT[table].fields
    }
    row = create_model("Row", __config__=ConfigDict(extra="forbid"), **fields)
    rows = {table: (list[row], Field(min_length=1, max_length=MOST_ROWS))}
    return create_model("Rows", __config__=ConfigDict(extra="forbid", title=table.capitalize()), **rows)


def schema(table: str) -> dict[str, Any]:
    """The same as a schema of JSON without references."""
    found = posted(table).model_json_schema()
    found["properties"][table]["items"] = found.pop("$defs")["Row"]
    return found


def _type(field: ContractField) -> Any:
    if field.values:
        return Literal[field.values]
    if field.type == INSTANT:
        return Annotated[datetime, BeforeValidator(_instant)]
    if field.money:
        return Annotated[float, Field(ge=0, le=10_000_000, strict=True)]
    if field.type == "BOOLEAN":
        # To JSON neither 1 nor "yes" is true.
        return Annotated[bool, Field(strict=True)]
    if field.type == "INTEGER":
        # To JSON 3.0 is a whole number, and "3" is none.
        return Annotated[int, Field(ge=1, le=1_000_000, strict=True), BeforeValidator(_whole)]
    return Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=PLAIN)]


def _instant(value: object) -> object:
    # A number, also as text, would be taken for seconds since 1970.
    if not isinstance(value, str) or not DATED.match(value):
        raise PydanticCustomError("instant", "Input should be a date and a time, such as 2026-01-13T09:00:00+08:00")
    return value


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def read(table: str, body: bytes) -> list[dict[str, Any]]:
    """The rows of a request's body. Raises Refused (422) for one that is not as it should be, saying where, without its values."""
    try:
        found: Any = posted(table).model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise Refused(422, filled(INVALID, (f"{where or 'body'}: {first['msg']}",))) from None
    return [row.model_dump(mode="json", exclude_none=True) for row in getattr(found, table)]
