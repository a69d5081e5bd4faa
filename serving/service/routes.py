"""The service for programs: `POST /answers`, and the queue of conversations that wait for a person."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Request, Response

from resources.erased import Tombstones
from serving.routing import admit, as_response, declared
from serving.service import posted, tokens
from serving.service.conversations import Said
from serving.service.desk import Desk, told
from serving.service.posted import Question
from serving.shared import Serving, body

MOST_WAITING_SHOWN = 200
Number = Annotated[int, Path(ge=1, le=2**53)]


def add(api: FastAPI, serving: Serving) -> None:
    desk = serving.desk

    @api.post(
        "/answers",
        **declared("service", also=(409,), body=posted.QUESTION, summary="Answers what a customer says."),
    )
    async def answer(request: Request) -> Response:
        admit(request)
        asked = posted.read(Question, await body(request))
        customer = None
        if asked.token:
            token = tokens.read(asked.token, serving.secret.value(), serving.shop.id, asked.conversation_id)
            customer = account(serving, token.customer)
        said = Said(asked.conversation_id, asked.turn_id, asked.text, customer, asked.locale)
        answered = await desk.take(said)
        return as_response(told(answered, said), answered.cards)

    @api.get("/queue", **declared("service", summary="Conversations that wait for a person, the most urgent first."))
    async def queue(request: Request, limit: Annotated[int, Query(ge=1, le=MOST_WAITING_SHOWN)] = 50) -> Response:
        admit(request)
        found = await desk.beside(lambda: desk.conversations.queue(limit))
        return as_response({"queue": [shown(row, request.scope["language"]) for row in found]})

    @api.get("/queue/{handover_id}", **declared("service", also=(404,), summary="One of them, with all that was said."))
    async def handover(request: Request, handover_id: Number) -> Response:
        admit(request)
        return as_response(await whole(desk, handover_id, request.scope["language"]))

    @api.post(
        "/queue/{handover_id}",
        **declared("service", also=(404, 409), body=posted.STEP, summary="Takes, answers, closes or notes something."),
    )
    async def step(request: Request, handover_id: Number) -> Response:
        admit(request)
        done, text = posted.read_step(await body(request))
        who = request.scope["key"].name
        await desk.beside(lambda: desk.conversations.step(handover_id, done, who, text))
        return as_response(await whole(desk, handover_id, request.scope["language"]))


def account(serving: Serving, customer: str | None) -> str | None:
    """The account, as the warehouse knows it, of whom a token names; None of who is erased."""
    if customer is None:
        return None
    found = serving.account(serving.published.now(), customer)
    return None if Tombstones(serving.home).holds(found) else found


async def whole(desk: Desk, handover: int, language: str) -> dict[str, Any]:
    """A hand-over with its steps and all that was said, in one language."""
    found = await desk.beside(lambda: desk.conversations.handover(handover))
    messages = await desk.beside(lambda: desk.conversations.messages(found["conversation_id"]))
    return shown(found, language) | {"messages": [asdict(message) for message in messages]}


def shown(row: dict[str, Any], language: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "record"} | row["record"].read(language)
