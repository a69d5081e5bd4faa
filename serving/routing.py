"""What every route of the API declares, and how it is admitted and answered."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from resources.cards import Cards
from serving import answers
from serving.answers import Refused, filled

WHY = {
    401: "No valid key, or a token that is not valid.",
    403: "The key lacks the scope, or the server is not asked under its own name.",
    404: "There is nothing of that name.",
    409: "It was done before in another way, or cannot be done now.",
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


def declared(
    *scopes: str, also: tuple[int, ...] = (), body: dict[str, Any] | None = None, columns: bool = False, **more: Any
) -> dict[str, Any]:
    """What a route declares: whom it lets in, each status with which it answers, the schema of its body, whether its other parameters are columns."""
    statuses = sorted({401, 403, 413, 422, 429, 503, *also})
    content = {"application/json": {"schema": ERROR}}
    security = [{"key": []}] if scopes else []
    extra: dict[str, Any] = {"security": security, "x-scopes": list(scopes), "x-columns": columns}
    if body:
        extra["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return {
        "responses": {status: {"description": WHY[status], "content": content} for status in statuses},
        "openapi_extra": extra,
        **more,
    }


def admit(request: Request) -> None:
    """Raises Refused for a key without one of the route's scopes (403), and for a parameter that the route does not know (422): one that is
    misspelt would change nothing in silence."""
    route = request.scope["route"]
    extra = route.openapi_extra
    if extra["security"] and not request.scope["key"].may(extra["x-scopes"]):
        raise Refused(403, filled(answers.NOT_ALLOWED, (), (", ".join(extra["x-scopes"]),)))
    known = {field.alias for field in route.dependant.query_params}
    for name in request.query_params:
        if name not in known and not extra["x-columns"]:
            raise Refused(422, filled(answers.INVALID, (f"unknown parameter {name}",)))


def as_response(content: Any, cards: Cards | None = None, status: int = 200, account: str | None = None) -> Response:
    """An answer as JSON, from the cards and of an account where there are such."""
    said: dict[str, Any] = {}
    if cards:
        said = {"as_of": cards.as_of, "version": cards.version, "fresh_at": cards.fresh_at}
    if cards and account is not None:
        fresh = cards.fresh(account)
        said["overlay_events"] = fresh.event_count if fresh else 0
        said["fresh_at"] = cards.overlay.fresh_at or cards.fresh_at
    # What is told of a person is kept by nobody on the way.
    return Response(answers.as_json(said | content), status, {"cache-control": "no-store"}, "application/json")
