"""The API: what the published snapshot says, and the door by which events come in. One version of the snapshot a request."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from resources.cards import SORTS, Published
from resources.errors import ZhikeError
from resources.home import Home
from resources.inbox import Inbox
from resources.shop import Shop
from resources.words import language_of
from serving import answers, consents, erasures, events, exports, insights, paging
from serving.answers import Refused, filled
from serving.consents import Asked
from serving.console.site import Console
from serving.guard import Counted, Guard
from serving.keys import Key, Keys
from serving.own_site import App, Message
from serving.routing import admit, as_response, declared
from serving.service import routes as service
from serving.service.chat import Chat
from serving.service.desk import Desk
from serving.service.tokens import Secret
from serving.shared import Serving, body
from serving.ticks import Ticks

MOST_ROWS, MOST_CUSTOMERS, ANALYSTS = 1000, 100, 2
# What is asked without a key: whether the server lives.
OPEN = ("/healthz",)
Id = Annotated[str, Path(min_length=1, max_length=500, description="As the shop calls it.")]
Name = Annotated[str | None, Query(max_length=200)]


def application(shop: Shop, home: Home, rate: float, tick_seconds: float) -> App:
    """The API of a shop, its console and its chat page, behind one guard: `rate` requests a second and key, a tick every so many seconds, none at 0.
    Raises ZhikeError where the inbox cannot be opened."""
    exports.sweep(home)
    published, inbox = Published(home), Inbox(home, shop.time_zone)
    asked = Asked(home)
    desk = Desk(shop, published, inbox, asked)
    analysts, exporting = asyncio.Semaphore(ANALYSTS), asyncio.Semaphore(1)
    serving = Serving(shop, home, published, inbox, desk, asked, Secret(home), Counted(), analysts, exporting)

    @asynccontextmanager
    async def ticking(_: FastAPI) -> AsyncIterator[None]:
        if not tick_seconds or not _takes(shop, "events"):
            yield
            return
        ticks = Ticks(shop, home, serving.published, serving.counted, tick_seconds)
        ticks.start()
        try:
            yield
        finally:
            await run_in_threadpool(ticks.stop)

    # Its pages of documentation load their scripts from elsewhere.
    api = FastAPI(title=f"Zhike · {shop.name.en}", version="1", docs_url=None, redoc_url=None, lifespan=ticking)
    for add in (_customers, _products, _tables, _events, _consents, _outcomes, erasures.add, service.add, _health):
        add(api, serving)
    _refusals(api)
    described = api.openapi()
    described.setdefault("components", {})["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    known = Keys(home)
    faces = Console(serving, known), Chat(serving), Programs(api, known, language_of(shop.locale))
    return Guard(faces, rate, serving.counted)


class Programs:
    """The API before the guard: programs show a key with every request, and are told in JSON what is wrong."""

    def __init__(self, app: App, keys: Keys, default_language: str):
        self.app, self._keys, self._language = app, keys, default_language

    def owns(self, path: str) -> bool:
        return True

    def is_open(self, path: str) -> bool:
        return path in OPEN

    def language(self, scope: Message, headers: Mapping[str, str]) -> str:
        return answers.language(headers.get("accept-language", ""), self._language)

    def key(self, scope: Message, headers: Mapping[str, str]) -> Key | None:
        kind, _, text = headers.get("authorization", "").partition(" ")
        return self._keys.of(text.strip()) if kind.lower() == "bearer" else None

    def refuse(self, scope: Message, refused: Refused) -> Response:
        return _refusal(scope, refused)


def _refusal(scope: Message, refused: Refused) -> Response:
    language = scope["language"]
    shown = {"www-authenticate": "Bearer"} if refused.status == 401 else {}
    headers = {"content-language": language} | shown | refused.headers
    return Response(answers.body(refused.said, language), refused.status, headers, "application/json")


def _customers(api: FastAPI, serving: Serving) -> None:
    @api.get(
        "/customers/{customer_id}",
        **declared("read", "service", also=(404,), summary="A person's card, by any account."),
    )
    async def customer(request: Request, customer_id: Id) -> Response:
        admit(request)
        cards = serving.published.now()
        account = serving.account(cards, customer_id)
        card = consents.card(cards, serving.asked.of(cards), account)
        if card is None:
            raise Refused(404, answers.NO_CUSTOMER)
        return as_response({"customer": card}, cards, account=account)

    @api.get(
        "/customers/{customer_id}/recommendations",
        **declared("read", "service", also=(404,), summary="A person's lists."),
    )
    async def recommendations(request: Request, customer_id: Id) -> Response:
        admit(request)
        cards = serving.published.now()
        account = serving.account(cards, customer_id)
        rows = consents.recommendations(cards, serving.asked.of(cards), account)
        if rows is None:
            raise Refused(404, answers.NO_CUSTOMER)
        return as_response({"recommendations": rows}, cards, account=account)

    @api.get("/customers", **declared("read", "marketing", also=(404,), summary="Customers, page by page."))
    async def customers(
        request: Request,
        segment: Name = None,
        class_: Annotated[str | None, Query(alias="class", max_length=200)] = None,
        group: Name = None,
        sort: Annotated[str | None, Query(json_schema_extra={"enum": list(SORTS)})] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_CUSTOMERS)] = 20,
        after: Annotated[str | None, Query(max_length=1000, description="What the page before gave as next.")] = None,
    ) -> Response:
        admit(request)
        cards = serving.published.now()
        given = {
            name: value
            for name, value in (("segment", segment), ("class", class_), ("group", group))
            if value is not None
        }
        if len(given) > 1:
            raise Refused(404, answers.NO_LIST)
        by = next((paging.chosen(cards, name, value) for name, value in given.items()), None)
        sorts = cards.sorts()
        if sort is not None and sort not in SORTS:
            raise Refused(422, filled(answers.INVALID, (f"sort: one of {', '.join(sorts)}",)))
        if sort and sort not in sorts:
            raise Refused(404, filled(answers.NO_COLUMN, (sort,), (", ".join(sorts),)))
        page = cards.page(sort or sorts[0], limit, by, paging.place(after) if after is not None else None)
        rows = consents.listed(page.rows, serving.asked.of(cards), sort or sorts[0], by)
        return as_response({"sort": sort or sorts[0], "customers": rows, "next": paging.next_of(page.last)}, cards)


def _products(api: FastAPI, serving: Serving) -> None:
    @api.get(
        "/products/{product_id}/similar",
        **declared("read", "service", also=(404,), summary="What goes with a product."),
    )
    async def similar(request: Request, product_id: Id) -> Response:
        admit(request)
        cards = serving.published.now()
        rows = cards.similar(product_id)
        if rows is None:
            raise Refused(404, answers.NO_PRODUCT)
        return as_response({"similar": rows}, cards)


def _tables(api: FastAPI, serving: Serving) -> None:
    @api.get("/segments", **declared("read", "marketing", summary="The segments, the largest first."))
    async def segments(request: Request) -> Response:
        admit(request)
        cards = serving.published.now()
        return as_response({"segments": cards.segments()}, cards)

    @api.get(
        "/insights/{table}",
        **declared(
            "read",
            also=(404,),
            columns=True,
            summary="Rows of a weekly table; every other parameter is a column and its value.",
        ),
    )
    async def insight(request: Request, table: Id, limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100) -> Response:
        admit(request)
        values = {name: value for name, value in request.query_params.items() if name != "limit"}
        while True:
            cards = serving.published.now()
            try:
                async with serving.analysts:
                    rows, is_all = await run_in_threadpool(
                        insights.rows, cards, serving.asked.of(cards), table, values, limit
                    )
                break
            except ZhikeError:
                # Its version was removed before the file was open: the answer is then of the next one.
                if serving.published.now() is cards:
                    raise
        return as_response({"rows": rows, "is_all": is_all}, cards)


def _takes(shop: Shop, table: str) -> bool:
    return any(each.name == table for each in shop.facts)


def _events(api: FastAPI, serving: Serving) -> None:
    @api.post(
        "/events",
        **declared(
            "feedback", also=(404,), body=events.schema("events"), status_code=202, summary="Takes events, each once."
        ),
    )
    async def post(request: Request) -> Response:
        admit(request)
        if not _takes(serving.shop, "events"):
            raise Refused(404, answers.NO_EVENTS)
        found = events.read("events", await body(request))
        # The disk is waited for beside the requests that only read.
        accepted = await run_in_threadpool(lambda: serving.inbox.add("events", erasures.staying(serving, found)))
        serving.counted.events.inc(accepted)
        return as_response({"accepted": accepted, "known": len(found) - accepted}, status=202)


def _consents(api: FastAPI, serving: Serving) -> None:
    @api.post(
        "/consents",
        **declared(
            "feedback",
            "marketing",
            also=(404, 409),
            body=events.schema("consents"),
            status_code=202,
            summary="Takes what customers agree to and refuse, each once; it holds from the next answer on.",
        ),
    )
    async def post(request: Request) -> Response:
        admit(request)
        if not _takes(serving.shop, "consents"):
            raise Refused(404, answers.NO_CONSENTS)
        found = consents.read(await body(request), serving.shop.time_zone)
        accepted = await run_in_threadpool(
            lambda: consents.keep(serving.inbox, erasures.staying(serving, found), serving.home.key)
        )
        return as_response({"accepted": accepted, "known": len(found) - accepted}, status=202)


def _outcomes(api: FastAPI, serving: Serving) -> None:
    @api.post(
        "/outcomes",
        **declared(
            "feedback",
            also=(404,),
            body=events.schema("outcomes"),
            status_code=202,
            summary="Takes what became of actions (delivered, clicked, …), each once an action and outcome.",
        ),
    )
    async def post(request: Request) -> Response:
        admit(request)
        if not _takes(serving.shop, "outcomes"):
            raise Refused(404, answers.NO_OUTCOMES)
        found = events.read("outcomes", await body(request))
        accepted = await run_in_threadpool(lambda: serving.inbox.add("outcomes", erasures.staying(serving, found)))
        return as_response({"accepted": accepted, "known": len(found) - accepted}, status=202)


def _health(api: FastAPI, serving: Serving) -> None:
    @api.get("/healthz", **declared(summary="Whether the server can answer, and from what."))
    async def healthz(request: Request) -> Response:
        admit(request)
        return as_response({"status": "ok"}, serving.published.now())

    @api.get("/metrics", **declared("admin", summary="Counts for Prometheus."), response_class=Response)
    async def metrics(request: Request) -> Response:
        admit(request)
        return Response(generate_latest(serving.counted.registry), media_type="text/plain; version=0.0.4")


def _refusals(api: FastAPI) -> None:
    """Everything that is not answered says why in the language of who asks."""

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return _refusal(request.scope, error)

    async def place(request: Request, error: Exception) -> Response:
        assert isinstance(error, ZhikeError)
        logging.getLogger("zhike").error("%s", error)
        return _refusal(request.scope, answers.of_error(error))

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        said = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        return _refusal(request.scope, Refused(422, filled(answers.INVALID, (said,))))

    async def unknown(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        said = answers.NO_METHOD if error.status_code == 405 else answers.NO_PATH
        return _refusal(request.scope, Refused(error.status_code, said, dict(error.headers or {})))

    async def broken(request: Request, error: Exception) -> Response:
        return _refusal(request.scope, Refused(500, answers.BROKEN))

    for kind, handler in (
        (Refused, refused),
        (ZhikeError, place),
        (RequestValidationError, invalid),
        (HTTPException, unknown),
        (Exception, broken),
    ):
        api.add_exception_handler(kind, handler)
