"""The console before the guard: who asks by their cookie, which rooms there are, and every answer as a page in the language of who asks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs, parse_qsl, quote, urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request, cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from resources.cards import Cards
from resources.errors import ZhikeError
from resources.snapshot import version
from resources.words import language_of
from serving import answers
from serving.answers import Refused, filled
from serving.console import queries, show, words
from serving.console.rooms import ROOMS
from serving.console.sessions import COOKIE, HOURS, Session, Sessions, is_token
from serving.console.visit import Act, Held, Page, Room, View, Visit
from serving.guard import Buckets, too_many
from serving.keys import Key, Keys
from serving.own_site import Message
from serving.shared import Serving, body

LANGUAGE_COOKIE, YEAR = "zhike_language", 365 * 24 * 3600
LOGINS_A_SECOND = 5
# Nothing runs or is styled but our own files, and no other site shows or receives anything of a page.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
GUARDED = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    # Never to another site. Without any referrer, browsers send forms with the origin "null", which is not ours.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
QUERIES = Room("queries", words.QUERY, {"/{name}": queries.query})


class Console:
    """The pages. Paths that are none of theirs are the API's."""

    def __init__(self, serving: Serving, keys: Keys):
        self._serving, self._keys, self._default = serving, keys, language_of(serving.shop.locale)
        self._sessions, self._attempts, self._held = Sessions(keys), Buckets(LOGINS_A_SECOND), Held()
        self._figures = tuple(room.figures for room in ROOMS if room.figures)
        routes = [
            Route("/login", self._login_form, methods=["GET"]),
            Route("/login", self._login, methods=["POST"]),
            Route("/logout", self._logout, methods=["POST"]),
            Route("/static/{name}", self._static),
            *(
                Route(room.address.rstrip("/") + path or "/", self._room(room, view, gate), methods=["GET"])
                for room in (*ROOMS, QUERIES)
                for views, gate in ((room.views, serving.analysts), (room.files, serving.exporting))
                for path, view in views.items()
            ),
            *(
                Route(room.address.rstrip("/") + path, self._form_of(room, act), methods=["POST"])
                for room in ROOMS
                for path, act in room.forms.items()
            ),
        ]
        handlers = {
            Refused: self._refused,
            ZhikeError: self._place,
            HTTPException: self._unknown,
            Exception: self._broken,
        }
        self.app = Starlette(routes=routes, exception_handlers=handlers)

    def owns(self, path: str) -> bool:
        return path in ("/", "/login", "/logout", "/console") or path.startswith(("/console/", "/static/"))

    def is_open(self, path: str) -> bool:
        return path == "/login" or path.startswith("/static/")

    def language(self, scope: Message, headers: Mapping[str, str]) -> str:
        chosen = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[-1] or _cookie(
            headers, LANGUAGE_COOKIE
        )
        if chosen in show.LANGUAGES:
            return chosen
        return answers.language(headers.get("accept-language", ""), self._default)

    def key(self, scope: Message, headers: Mapping[str, str]) -> Key | None:
        session = self._sessions.of(_cookie(headers, COOKIE))
        scope["session"] = session
        return session.key if session else None

    def refuse(self, scope: Message, refused: Refused) -> Response:
        """The page that says why; who is not logged in is led to the login, and from there to where they wanted to go."""
        if refused.status == 401:
            asked = scope["query_string"].decode("latin-1")
            wanted = quote(scope["path"]) + (f"?{asked}" if asked else "")
            # What a form was to change is not done after the login without being asked for again.
            following = f"?{urlencode({'next': wanted})}" if scope["method"] == "GET" and wanted != "/" else ""
            return self._sent(scope, RedirectResponse(f"/login{following}", 303))
        said = refused.said
        return self._page(scope, Page(said.what, {"said": said}, "refused.html.j2", refused.status), refused.headers)

    def _room(self, room: Room, view: View, gate: asyncio.Semaphore) -> Callable[[Request], Awaitable[Response]]:
        async def shown(request: Request) -> Response:
            _let_in(request, room)
            while True:
                cards = self._serving.published.now()
                try:
                    async with gate:
                        return await run_in_threadpool(self._made, request, room, view, cards)
                except ZhikeError:
                    # Its version was removed before the file was open: the page is then of the next one.
                    if self._serving.published.now().folder == cards.folder:
                        raise

        return shown

    def _form_of(self, room: Room, act: Act) -> Callable[[Request], Awaitable[Response]]:
        async def done(request: Request) -> Response:
            _let_in(request, room)
            form = await checked_form(request)
            who = request.scope["key"].name
            place = await run_in_threadpool(act, self._serving, who, request.path_params, form)
            return self._sent(request.scope, RedirectResponse(place, 303))

        return done

    def _made(self, request: Request, room: Room, view: View, cards: Cards) -> Response:
        snapshot = version(cards.folder)
        if snapshot is None:
            raise ZhikeError("the published snapshot is gone", str(cards.folder), "ask again: there is a newer one")
        if not room.is_in(snapshot):
            raise Refused(404, filled(words.NO_ROOM, (room.title,)))
        language = request.scope["language"]
        asked = dict(request.query_params)
        who = request.scope["key"].name
        visit = Visit(
            self._serving, who, cards, snapshot, language, request.path_params, asked, self._held, self._figures
        )
        with visit:
            answer = view(visit)
            if isinstance(answer, Response):
                return self._sent(request.scope, answer)
            return self._page(request.scope, answer, {}, visit, room)

    def _page(
        self,
        scope: Message,
        page: Page,
        headers: Mapping[str, str],
        visit: Visit | None = None,
        room: Room | None = None,
    ) -> Response:
        language, session = scope["language"], scope.get("session")
        text = show.html(
            page.template,
            language,
            show.picker(lambda name, make: self._held.get("", name, make), language),
            page=page,
            shop=self._serving.shop,
            rooms=self._menu(session.key, visit) if session else [],
            room=room,
            visit=visit,
            token=session.token if session else None,
            switch=_switched(scope, language),
            fresh_at=visit.clock(visit.cards.fresh_at) if visit else None,
            **page.content,
        )
        return self._sent(scope, Response(text, page.status, dict(headers), "text/html"))

    def _menu(self, key: Key, visit: Visit | None) -> list[Room]:
        """The rooms that the shop has and the key opens."""
        if visit is None:
            try:
                snapshot = version(self._serving.published.now().folder)
            except ZhikeError:
                return []
        else:
            snapshot = visit.snapshot
        return [room for room in ROOMS if snapshot and room.is_in(snapshot) and key.may(room.scopes)]

    def _sent(self, scope: Message, response: Response) -> Response:
        response.headers.update({name: value for name, value in GUARDED.items() if name not in response.headers})
        response.headers["content-language"] = scope["language"]
        if f"lang={scope['language']}" in scope["query_string"].decode("latin-1").split("&"):
            response.set_cookie(
                LANGUAGE_COOKIE, scope["language"], YEAR, httponly=True, samesite="strict", secure=_is_secure(scope)
            )
        return response

    async def _login_form(self, request: Request) -> Response:
        return self._login_page(request, "", 200)

    def _login_page(self, request: Request, wanted: str, status: int) -> Response:
        following = wanted or _own_place(request.query_params.get("next", ""))
        content = {"next": following, "is_wrong": status != 200}
        return self._page(request.scope, Page(words.LOG_IN, content, "login.html.j2", status), {})

    async def _login(self, request: Request) -> Response:
        if seconds := self._attempts.wait("login"):
            raise too_many(int(seconds) + 1)
        form = await _form(request)
        wanted = _own_place(form.get("next", ""))
        key = self._keys.of(form.get("key", "").strip())
        if key is None:
            return self._login_page(request, wanted, 403)
        response = RedirectResponse(wanted, 303)
        response.set_cookie(
            COOKIE,
            self._sessions.begin(key),
            HOURS * 3600,
            httponly=True,
            samesite="strict",
            secure=_is_secure(request.scope),
        )
        return self._sent(request.scope, response)

    async def _logout(self, request: Request) -> Response:
        await checked_form(request)
        self._sessions.end(request.cookies.get(COOKIE, ""))
        response = RedirectResponse("/login", 303)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=_is_secure(request.scope))
        return self._sent(request.scope, response)

    async def _static(self, request: Request) -> Response:
        found = show.static_files().get(request.path_params["name"])
        if found is None:
            raise Refused(404, words.NO_PAGE)
        content, kind = found
        kept = {"cache-control": f"public, max-age={YEAR}, immutable", "content-type": kind}
        return self._sent(request.scope, Response(content, headers=kept))

    async def _refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return self.refuse(request.scope, error)

    async def _place(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, ZhikeError)
        logging.getLogger("zhike").error("%s", error)
        return self.refuse(request.scope, answers.of_error(error))

    async def _unknown(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return self.refuse(request.scope, Refused(error.status_code, words.NO_PAGE, dict(error.headers or {})))

    async def _broken(self, request: Request, error: Exception) -> Response:
        return self.refuse(request.scope, Refused(500, answers.BROKEN))


def _let_in(request: Request, room: Room) -> None:
    if not request.scope["key"].may(room.scopes):
        raise Refused(403, filled(words.NO_SCOPE, (), (", ".join(room.scopes),)))


async def checked_form(request: Request) -> dict[str, str]:
    """The fields of a form that changes something. Raises Refused (403) for one without the token of its session."""
    form = await _form(request)
    session: Session = request.scope["session"]
    if not is_token(session, form.get("token", "")):
        raise Refused(403, words.STALE_FORM)
    return form


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await body(request)).decode("utf-8", "replace")))


def _own_place(wanted: str) -> str:
    """Where to go after the login: a path of this server, or else the first page."""
    is_own = wanted.startswith("/") and not wanted.startswith(("//", "/login")) and wanted.isprintable()
    return wanted if is_own and "\\" not in wanted else "/"


def _cookie(headers: Mapping[str, str], name: str) -> str:
    # Other servers of this machine share its cookies: whatever one of theirs holds, ours is found.
    return cookie_parser(headers.get("cookie", "")).get(name, "")


def _switched(scope: Message, language: str) -> dict[str, str]:
    """The address of the same page in each other language."""
    kept = [(name, value) for name, value in parse_qsl(scope["query_string"].decode("latin-1")) if name != "lang"]
    path = scope["path"] if scope["method"] == "GET" else "/"
    return {
        other: f"{quote(path)}?{urlencode([*kept, ('lang', other)])}" for other in show.LANGUAGES if other != language
    }


def _is_secure(scope: Message) -> bool:
    return scope["scheme"] == "https"
