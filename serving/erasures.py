"""Wishes to be erased: `POST /erasures`, and how far one is. From the answer on the person is unknown to all that is served; a run erases them."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, Response
from pydantic import BaseModel, ConfigDict
from starlette.concurrency import run_in_threadpool

from resources import wishes
from resources.erased import Tombstones
from resources.errors import ZhikeError
from resources.privacy import account_id, account_ids
from resources.wishes import Wish
from resources.words import Words
from serving.answers import NO_VALUE, Refused, filled
from serving.routing import admit, as_response, declared
from serving.service import posted
from serving.service.posted import Name
from serving.shared import Serving, body

WISH = Words("删除请求", "wish to be erased")
Id = Annotated[str, Path(min_length=1, max_length=64, description="As the wish was answered.")]


class Posted(BaseModel):
    """Who is to be erased, by any account, as the shop calls it."""

    model_config = ConfigDict(extra="forbid")
    customer_id: Name


def add(api: FastAPI, serving: Serving) -> None:
    @api.post(
        "/erasures",
        **declared(
            "privacy",
            body=Posted.model_json_schema(),
            status_code=202,
            summary="Takes the wish of a person to be erased.",
        ),
    )
    async def post(request: Request) -> Response:
        admit(request)
        asked = posted.read(Posted, await body(request))
        return as_response(shown(await run_in_threadpool(wish, serving, asked.customer_id)), status=202)

    @api.get("/erasures/{erasure_id}", **declared("privacy", also=(404,), summary="How far an erasure is."))
    async def erasure(request: Request, erasure_id: Id) -> Response:
        admit(request)
        found = await run_in_threadpool(wishes.one, serving.home, erasure_id)
        if found is None:
            raise Refused(404, filled(NO_VALUE, (erasure_id, WISH), ("POST /erasures",)))
        return as_response(shown(found))


def wish(serving: Serving, typed: str) -> Wish:
    """Keeps the wish of who has an account that the shop calls `typed`, whether anything is known of it or not: what came today is not published yet."""
    return wishes.wish(serving.inbox, account_of(serving, typed))


def account_of(serving: Serving, typed: str) -> str:
    """The id of an account in the warehouse, also where nothing is published."""
    try:
        return serving.account(serving.published.now(), typed)
    except ZhikeError:
        return account_id(typed, serving.home.key)


def shown(found: Wish) -> dict[str, Any]:
    """A wish as programs read it, without whose it is."""
    state = "done" if found.done_at else "waiting"
    return {"erasure_id": found.wish_id, "state": state, "wished_at": found.wished_at, "done_at": found.done_at}


def staying(serving: Serving, events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events without those of persons who are erased or wait to be."""
    tombstones = Tombstones(serving.home)
    waiting = {each.account for each in wishes.waiting(serving.home)}
    if not waiting and tombstones.is_empty():
        return list(events)
    erased = set(tombstones.hashes())
    accounts = account_ids({row.get("customer_id", "") for row in events}, serving.home.key)
    left = {typed for typed, account in accounts.items() if account in waiting or tombstones.of(account) in erased}
    return [row for row in events if row.get("customer_id") not in left]
