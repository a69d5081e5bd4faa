"""What the requests of a server share."""

import asyncio
from dataclasses import dataclass

from starlette.requests import Request

from resources.cards import Cards, Published
from resources.home import Home
from resources.inbox import Inbox
from resources.privacy import account_id
from resources.shop import Shop
from serving.answers import TOO_LARGE, Refused, filled
from serving.consents import Asked
from serving.guard import MOST_BYTES, Counted
from serving.service.desk import Desk
from serving.service.tokens import Secret


@dataclass(frozen=True)
class Serving:
    """A shop as it is served: what is published of it, the door by which events come in, and who answers customers."""

    shop: Shop
    home: Home
    published: Published
    inbox: Inbox
    desk: Desk
    asked: Asked
    secret: Secret
    counted: Counted
    analysts: asyncio.Semaphore
    """Who asks for rows of tables waits for others who do: such a question takes a core, a card a millisecond."""

    exporting: asyncio.Semaphore
    """Who takes a whole list waits for others who do, and keeps nobody from a page: its file may take minutes."""

    def account(self, cards: Cards, typed: str) -> str:
        """The id under which an account is stored that is asked for as `typed`. One that is found as it is was never personal."""
        if cards.person(typed) != typed or cards.has(typed):
            return typed
        return account_id(typed, self.home.key)


async def body(request: Request) -> bytes:
    """The body of a request, also of one that does not say its length. Raises Refused (413) for one that is too large."""
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > MOST_BYTES:
            raise Refused(413, filled(TOO_LARGE, (MOST_BYTES,)), {"connection": "close"})
    return bytes(read)
