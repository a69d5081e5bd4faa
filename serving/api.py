"""The API: what the published snapshot says, and the door by which events come in. One version of the snapshot a request."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import FastAPI, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from resources.cards import SORTS, Cards, Published
from resources.errors import ZhikeError
from resources.home import Home
from resources.inbox import Inbox
from resources.shop import Shop
from resources.words import language_of
from serving import answers, events, exports, insights, paging
from serving.answers import Refused, filled
from serving.console.site import Console
from serving.guard import Counted, Guard
from serving.keys import Key, Keys
from serving.own_site import App, Message
from serving.shared import Serving, body
from serving.ticks import Ticks

MOST_ROWS, MOST_CUSTOMERS, ANALYSTS = 1000, 100, 2
# What is asked without a key: whether the server lives.
OPEN = ("/healthz",)
WHY = {
    401: "No valid key.",
    403: "The key lacks the scope, or the server is not asked under its own name.",
    404: "There is nothing of that name.",
    413: "The request is too large.",
    422: "The request is not as it should be.",
    429: "Too many requests; Retry-After says when to try again.",
    503: "Nothing is published yet, or it cannot be read or written now; what_to_do says what to run.",
}
ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "what_to_do": {"type": "string"}},
    "required": ["error", "what_to_do"],
}
Id = Annotated[str, Path(min_length=1, max_length=500, description="As the shop calls it.")]
Name = Annotated[str | None, Query(max_length=200)]
Asked = Callable[[Request], Awaitable[Response]]


def application(shop: Shop, home: Home, rate: float, tick_seconds: float) -> App:
    """The API of a shop and its console, behind one guard: `rate` requests a second and key, a tick every so many seconds, none at 0.
    Raises ZhikeError where the inbox cannot be opened."""
    exports.sweep(home)
    serving = Serving(shop, home, Published(home), Inbox(home, shop.time_zone), Counted(), asyncio.Semaphore(ANALYSTS))

    @asynccontextmanager
    async def ticking(_: FastAPI) -> AsyncIterator[None]:
        if not tick_seconds or not _takes_events(shop):
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
    for add in (_customers, _products, _tables, _events, _health):
        add(api, serving)
    _refusals(api)
    described = api.openapi()
    described.setdefault("components", {})["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    known = Keys(home)
    return Guard((Console(serving, known), Programs(api, known, language_of(shop.locale))), rate, serving.counted)


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


def _route(
    *scopes: str, also: tuple[int, ...] = (), body: bool = False, columns: bool = False, **declared: Any
) -> dict[str, Any]:
    """What every route declares: whom it lets in, each status with which it answers, whether its other parameters are columns."""
    statuses = sorted({401, 403, 413, 422, 429, 503, *also})
    content = {"application/json": {"schema": ERROR}}
    security = [{"key": []}] if scopes else []
    extra = {"security": security, "x-scopes": list(scopes), "x-columns": columns}
    extra |= {"requestBody": _event_body()} if body else {}
    return {
        "responses": {status: {"description": WHY[status], "content": content} for status in statuses},
        "openapi_extra": extra,
        **declared,
    }


def _event_body() -> dict[str, Any]:
    schema = events.posted().model_json_schema()
    definitions = schema.pop("$defs")
    schema["properties"]["events"]["items"] = definitions["Event"]
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _admit(request: Request) -> None:
    """Raises Refused for a key without one of the route's scopes (403), and for a parameter that the route does not know (422): one that is
    misspelt would change nothing in silence."""
    route = request.scope["route"]
    declared = route.openapi_extra
    if declared["security"] and not request.scope["key"].may(declared["x-scopes"]):
        raise Refused(403, filled(answers.NOT_ALLOWED, (), (", ".join(declared["x-scopes"]),)))
    known = {field.alias for field in route.dependant.query_params}
    for name in request.query_params:
        if name not in known and not declared["x-columns"]:
            raise Refused(422, filled(answers.INVALID, (f"unknown parameter {name}",)))


def _json(content: Any, cards: Cards | None = None, status: int = 200, account: str | None = None) -> Response:
    """An answer, from the cards and of an account where there are such."""
    said: dict[str, Any] = {}
    if cards:
        said = {"as_of": cards.as_of, "version": cards.version, "fresh_at": cards.fresh_at}
    if cards and account is not None:
        fresh = cards.fresh(account)
        said["overlay_events"] = fresh.event_count if fresh else 0
        said["fresh_at"] = cards.overlay.fresh_at or cards.fresh_at
    # What is told of a person is kept by nobody on the way.
    return Response(answers.as_json(said | content), status, {"cache-control": "no-store"}, "application/json")


def _customers(api: FastAPI, serving: Serving) -> None:
    @api.get(
        "/customers/{customer_id}", **_route("read", "service", also=(404,), summary="A person's card, by any account.")
    )
    async def customer(request: Request, customer_id: Id) -> Response:
        _admit(request)
        cards = serving.published.now()
        account = serving.account(cards, customer_id)
        card = cards.card(account)
        if card is None:
            raise Refused(404, answers.NO_CUSTOMER)
        return _json({"customer": card}, cards, account=account)

    @api.get(
        "/customers/{customer_id}/recommendations",
        **_route("read", "service", also=(404,), summary="A person's lists."),
    )
    async def recommendations(request: Request, customer_id: Id) -> Response:
        _admit(request)
        cards = serving.published.now()
        account = serving.account(cards, customer_id)
        rows = cards.recommendations(account)
        if rows is None:
            raise Refused(404, answers.NO_CUSTOMER)
        return _json({"recommendations": rows}, cards, account=account)

    @api.get("/customers", **_route("read", "marketing", also=(404,), summary="Customers, page by page."))
    async def customers(
        request: Request,
        segment: Name = None,
        class_: Annotated[str | None, Query(alias="class", max_length=200)] = None,
        group: Name = None,
        sort: Annotated[str | None, Query(json_schema_extra={"enum": list(SORTS)})] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_CUSTOMERS)] = 20,
        after: Annotated[str | None, Query(max_length=1000, description="What the page before gave as next.")] = None,
    ) -> Response:
        _admit(request)
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
        return _json({"sort": sort or sorts[0], "customers": page.rows, "next": paging.next_of(page.last)}, cards)


def _products(api: FastAPI, serving: Serving) -> None:
    @api.get(
        "/products/{product_id}/similar", **_route("read", "service", also=(404,), summary="What goes with a product.")
    )
    async def similar(request: Request, product_id: Id) -> Response:
        _admit(request)
        cards = serving.published.now()
        rows = cards.similar(product_id)
        if rows is None:
            raise Refused(404, answers.NO_PRODUCT)
        return _json({"similar": rows}, cards)


def _tables(api: FastAPI, serving: Serving) -> None:
    @api.get("/segments", **_route("read", "marketing", summary="The segments, the largest first."))
    async def segments(request: Request) -> Response:
        _admit(request)
        cards = serving.published.now()
        return _json({"segments": cards.segments()}, cards)

    @api.get(
        "/insights/{table}",
        **_route(
            "read",
            also=(404,),
            columns=True,
            summary="Rows of a weekly table; every other parameter is a column and its value.",
        ),
    )
    async def insight(request: Request, table: Id, limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100) -> Response:
        _admit(request)
        values = {name: value for name, value in request.query_params.items() if name != "limit"}
        while True:
            cards = serving.published.now()
            try:
                async with serving.analysts:
                    rows, is_all = await run_in_threadpool(insights.rows, cards, table, values, limit)
                break
            except ZhikeError:
                # Its version was removed before the file was open: the answer is then of the next one.
                if serving.published.now() is cards:
                    raise
        return _json({"rows": rows, "is_all": is_all}, cards)


def _takes_events(shop: Shop) -> bool:
    return any(table.name == "events" for table in shop.facts)


def _events(api: FastAPI, serving: Serving) -> None:
    @api.post(
        "/events", **_route("feedback", also=(404,), body=True, status_code=202, summary="Takes events, each once.")
    )
    async def post(request: Request) -> Response:
        _admit(request)
        if not _takes_events(serving.shop):
            raise Refused(404, answers.NO_EVENTS)
        found = events.read(await body(request))
        # The disk is waited for beside the requests that only read.
        accepted = await run_in_threadpool(serving.inbox.add, found)
        serving.counted.events.inc(accepted)
        return _json({"accepted": accepted, "known": len(found) - accepted}, status=202)


def _health(api: FastAPI, serving: Serving) -> None:
    @api.get("/healthz", **_route(summary="Whether the server can answer, and from what."))
    async def healthz(request: Request) -> Response:
        _admit(request)
        return _json({"status": "ok"}, serving.published.now())

    @api.get("/metrics", **_route("admin", summary="Counts for Prometheus."), response_class=Response)
    async def metrics(request: Request) -> Response:
        _admit(request)
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
