"""What is posted to the service, each field as it must be."""

import json
import re
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from serving.answers import INVALID, Refused, filled
from serving.events import PLAIN

LONGEST, LONGEST_NAME, LONGEST_TOKEN = 5_000, 200, 2_000
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# At least one sign that is no space and no control.
_WORDS = r"[^\s\x00-\x20\x7F-\x9F]"


def cleaned(text: str) -> str:
    """Without signs that no text has."""
    return _CONTROLS.sub(" ", text).strip()


Text = Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=_WORDS), AfterValidator(cleaned)]
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, pattern=PLAIN)]
Token = Annotated[str, Field(min_length=1, max_length=LONGEST_TOKEN, pattern=r"^[A-Za-z0-9_.=-]+$")]


class Question(BaseModel):
    """What a customer says. The same `turn_id` in a conversation is the same turn, however often it is sent."""

    model_config = ConfigDict(extra="forbid")
    conversation_id: Name
    turn_id: Name
    text: Text
    locale: Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,2}$")] | None = None
    token: Token | None = None


class Typed(BaseModel):
    """What is typed on the chat page; its token says in which conversation."""

    model_config = ConfigDict(extra="forbid")
    turn_id: Name
    text: Text
    locale: Literal["zh", "en"] | None = None


class Done(BaseModel):
    """What an agent does to a hand-over."""

    model_config = ConfigDict(extra="forbid")
    step: Literal["take", "close"]


class Worded(BaseModel):
    """What an agent says: to the customer, or to colleagues."""

    model_config = ConfigDict(extra="forbid")
    step: Literal["answer", "note"]
    text: Text


Model = TypeVar("Model", bound=BaseModel)


def read(model: type[Model], body: bytes) -> Model:
    """What a body says. Raises Refused (422) for one that is not as it should be, saying where, without its values."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise Refused(422, filled(INVALID, (f"{where or 'body'}: {first['msg']}",))) from None


def read_step(body: bytes) -> tuple[str, str]:
    """What an agent does, and what they say. Raises Refused (422) as `read` does."""
    try:
        found = json.loads(body)
        is_worded = isinstance(found, dict) and found.get("step") in ("answer", "note")
    except (ValueError, RecursionError):
        is_worded = False
    if is_worded:
        said = read(Worded, body)
        return said.step, said.text
    return read(Done, body).step, ""


QUESTION = Question.model_json_schema()
STEP = {"oneOf": [Done.model_json_schema(), Worded.model_json_schema()]}
