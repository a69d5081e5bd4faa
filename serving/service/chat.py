"""The chat page: `/chat`, shown by the shop within its own site, in Chinese and English, at the width of a phone.

Who opens it is given a token of a new conversation without a customer; the shop's site may give one of its own, in the page's fragment or by
postMessage: neither is sent in an address, so neither is in a log. Without JavaScript the page is a form. Whatever is said is text to the page.
"""

import math
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse

from resources.errors import ZhikeError
from resources.words import Words, language_of
from serving import answers
from serving.answers import BROKEN, INVALID, NO_METHOD, NO_PATH, Refused, filled
from serving.guard import Buckets, Hourly, too_many
from serving.keys import Key
from serving.own_site import Message
from serving.routing import as_response
from serving.service import posted, tokens
from serving.service.conversations import Said
from serving.service.desk import told
from serving.service.posted import LONGEST, Typed
from serving.service.routes import account
from serving.service.tokens import OTHER_CUSTOMER, Token
from serving.shared import Serving, body

PATH = "/chat"
HERE = Path(__file__).parent
FILES = ("chat.js", "chat.css")
# What somebody types, and what a page asks for, a second.
TURNS_A_SECOND, TURNS_AN_ADDRESS, ASKED_AN_ADDRESS = 1.0, 5.0, 20.0
COUNTED_ONCE = 500

SIGNED_OUT = answers.Said(
    Words("请求没有会话令牌", "the request shows no token of a conversation"),
    Words("请重新打开聊天页面", "open the chat page again"),
)
WORDS = {
    "title": Words("在线客服", "Customer service"),
    "intro": Words("{shop}客服。回复“人工”可转接同事。", "{shop} customer service. Reply “agent” for a colleague."),
    "label": Words("您的问题", "Your question"),
    "send": Words("发送", "Send"),
    "you": Words("您", "You"),
    "bot": Words("智能客服", "Assistant"),
    "agent": Words("人工客服", "Colleague"),
    "conversation": Words("对话", "Conversation"),
    "other": Words("English", "中文"),
    "failed": Words("没有发出去，请重试。", "It was not sent. Please try again."),
    "busy": Words("消息太多，请稍后再发。", "Too many messages. Please wait a moment."),
    "ended": Words("会话已过期，请刷新页面重新开始。", "This conversation has expired. Please reload the page."),
    "person": Words("同事会在这里回复您。", "A colleague will reply here."),
}


class Chat:
    """The chat page before the guard."""

    def __init__(self, serving: Serving):
        self._language = language_of(serving.shop.locale)
        self.app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        self._limits = Buckets(TURNS_A_SECOND), Buckets(TURNS_AN_ADDRESS), Buckets(ASKED_AN_ADDRESS)
        self._guests = Hourly()
        self._serving, self._desk, self._secret = serving, serving.desk, serving.secret
        self.app.get(PATH)(self.page)
        self.app.post(PATH)(self.form)
        self.app.post(f"{PATH}/turns")(self.turn)
        self.app.get(f"{PATH}/messages")(self.messages)
        self.app.get(f"{PATH}/{{name}}")(self.file)
        for kind in (Refused, ZhikeError, 404, 405, Exception):
            self.app.add_exception_handler(kind, self._refused)

    def owns(self, path: str) -> bool:
        return path == PATH or path.startswith(f"{PATH}/")

    def is_open(self, path: str) -> bool:
        return True

    def language(self, scope: Message, headers: Mapping[str, str]) -> str:
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[0]
        return asked if asked in ("zh", "en") else answers.language(headers.get("accept-language", ""), self._language)

    def key(self, scope: Message, headers: Mapping[str, str]) -> Key | None:
        return None

    def refuse(self, scope: Message, refused: Refused) -> Response:
        headers = {"content-language": scope["language"]} | refused.headers
        return Response(answers.body(refused.said, scope["language"]), refused.status, headers, "application/json")

    async def page(self, request: Request) -> Response:
        self._count(request, ASKED_AN_ADDRESS)
        return self._shown(request, tokens.guest(self._serving.shop.id, self._secret.value()), [])

    async def form(self, request: Request) -> Response:
        """A message of a page without JavaScript: the whole page again."""
        fields = parse_qs((await body(request)).decode(errors="replace"))
        text, shown = posted.cleaned(fields.get("text", [""])[0])[:LONGEST], fields.get("token", [""])[0]
        token = tokens.read(shown, self._secret.value(), self._serving.shop.id)
        if text:
            typed = Typed(turn_id=secrets.token_hex(8), text=text, locale=request.scope["language"])
            await self._say(request, token, typed)
        customer = account(self._serving, token.customer)
        return self._shown(request, shown, await self._read(token, customer, 0))

    async def turn(self, request: Request) -> Response:
        token = self._token(request)
        typed = posted.read(Typed, await body(request))
        return as_response(await self._say(request, token, typed))

    async def messages(self, request: Request) -> Response:
        self._count(request, ASKED_AN_ADDRESS)
        token = self._token(request)
        after = request.query_params.get("after", "0")
        if not after.isdecimal() or len(after) > 15:
            raise Refused(422, filled(INVALID, ("after: a number",)))
        customer = account(self._serving, token.customer)
        found = await self._read(token, customer, int(after))
        state = await self._desk.beside(lambda: self._desk.conversations.state(token.conversation))
        return as_response({"messages": found, "state": state})

    async def file(self, name: str) -> Response:
        if name not in FILES:
            raise Refused(404, NO_PATH)
        return FileResponse(HERE / "static" / name, headers={"cache-control": "max-age=300"})

    def _token(self, request: Request) -> Token:
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            raise Refused(401, SIGNED_OUT)
        return tokens.read(text.strip(), self._secret.value(), self._serving.shop.id)

    async def _say(self, request: Request, token: Token, typed: Typed) -> dict[str, Any]:
        self._count(request, TURNS_AN_ADDRESS)
        _wait(self._limits[0], token.conversation)
        customer = account(self._serving, token.customer)
        if customer is None:
            self._count_guest(_address(request), typed.text)
        said = Said(token.conversation, typed.turn_id, typed.text, customer, typed.locale)
        return told(await self._desk.take(said), said)

    async def _read(self, token: Token, customer: str | None, after: int) -> list[dict[str, Any]]:
        """What was said in the conversation of a token. Raises Refused (403) where it is another customer's."""
        known = self._desk.conversations
        if not await self._desk.beside(lambda: known.belongs_to(token.conversation, customer)):
            raise Refused(403, OTHER_CUSTOMER)
        return [asdict(each) for each in await self._desk.beside(lambda: known.messages(token.conversation, after))]

    def _count(self, request: Request, rate: float) -> None:
        """Raises Refused (429) for an address that asks too often."""
        _wait(self._limits[1 if rate == TURNS_AN_ADDRESS else 2], _address(request))

    def _count_guest(self, address: str, text: str) -> None:
        """Raises Refused (429) where guests, or those of an address, have said so much in this hour that what is kept of it would fill the disk."""
        limits = self._serving.shop.limits
        most = {"": limits.guest_turns, address: limits.guest_turns_an_address}
        if seconds := self._guests.wait(1 + len(text) // COUNTED_ONCE, most):
            raise too_many(seconds)

    def _shown(self, request: Request, token: str, messages: list[dict[str, Any]]) -> Response:
        language = request.scope["language"]
        shop = self._serving.shop
        words = {name: getattr(each.format(shop=shop.name), language) for name, each in WORDS.items()}
        content = _template().render(
            language=language,
            other="en" if language == "zh" else "zh",
            words=words,
            shop=getattr(shop.name, language),
            token=token,
            messages=messages,
            sites=" ".join(shop.settings.chat_sites),
            longest=LONGEST,
        )
        framed = " ".join(["'self'", *shop.settings.chat_sites])
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; "
            f"base-uri 'none'; frame-ancestors {framed}"
        )
        headers = {
            "content-security-policy": policy,
            "cache-control": "no-store",
            # Without any referrer, browsers send forms with the origin "null", which is not ours.
            "referrer-policy": "same-origin",
            "x-content-type-options": "nosniff",
            "content-language": language,
        }
        return HTMLResponse(content, headers=headers)

    async def _refused(self, request: Request, error: Exception) -> Response:
        if isinstance(error, ZhikeError):
            error = answers.of_error(error)
        if not isinstance(error, Refused):
            status = getattr(error, "status_code", 500)
            error = Refused(status, {404: NO_PATH, 405: NO_METHOD}.get(status, BROKEN))
        return self.refuse(request.scope, error)


def _wait(buckets: Buckets, name: str) -> None:
    if seconds := math.ceil(buckets.wait(name)):
        raise too_many(seconds)


def _address(request: Request) -> str:
    """Where a request comes from: what the proxy of this machine says, else who is connected."""
    host = request.client.host if request.client else ""
    if host in ("127.0.0.1", "::1"):
        return request.headers.get("x-forwarded-for", host).rpartition(",")[2].strip()
    return host


@cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined)
    return made.get_template("chat.html.j2")
