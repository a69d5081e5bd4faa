"""Where messages are answered: kept, answered from one version of the snapshot, kept again; and no more than can be.

The disk is waited for twice, so whoever waits meanwhile is answered together with others, in one thread: the requests beside them do not wait. Who comes
when too many wait is told to come again, before anything is kept.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from resources.cards import Cards, Published
from resources.consents import Consents
from resources.inbox import Inbox
from resources.shop import Shop
from resources.words import language_of
from serving import consents
from serving.answers import Refused
from serving.guard import too_many
from serving.service.conversations import Answered, Conversations, Said, Turn
from serving.service.engine import Engine, Heard, Reply, State
from serving.service.fields import Facts
from serving.service.handover import Handover
from serving.service.knowledge import engine_of

# Turns that wait for their answer at most, and those that are answered together: at some 5 ms each nobody waits much longer than a tenth of a second.
MOST_WAITING, TOGETHER = 16, 8
WAIT_SECONDS = 1

T = TypeVar("T")


@dataclass(frozen=True)
class Told:
    """The reply to a turn, whose conversation it is now, and the version it was read from."""

    reply: Reply
    state: State
    cards: Cards


class Desk:
    """The live service of a shop."""

    def __init__(self, shop: Shop, published: Published, inbox: Inbox, asked: consents.Asked):
        self.conversations = Conversations(inbox)
        self._shop, self._asked = shop, asked
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="desk")
        self._waiting: list[tuple[Said, asyncio.Future[Told]]] = []
        self._working: asyncio.Task[None] | None = None
        self._engines = Engines(shop, published)
        # Loading takes a second or two: not the first customer's. Where service is not part of the shop nobody pays for it before somebody asks.
        if {"messages", "answers"} & shop.declared:
            self._thread.submit(self._engines.now)

    async def take(self, said: Said) -> Told:
        """The reply to a turn. Raises Refused as Conversations.ask says, (429) where too many wait, and ZhikeError where nothing is published."""
        if len(self._waiting) >= MOST_WAITING:
            raise too_many(WAIT_SECONDS)
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((said, future))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await future

    async def beside(self, work: Callable[[], T]) -> T:
        """What reads the conversations, or lets an agent write, in their thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _work(self) -> None:
        while self._waiting:
            batch = self._next()
            try:
                found = await self.beside(lambda batch=batch: self._answered([said for said, _ in batch]))
            except Exception as error:
                found = [error] * len(batch)
            for (_, future), each in zip(batch, found, strict=True):
                # Who asked may have gone.
                if future.done():
                    continue
                if isinstance(each, Exception):
                    future.set_exception(each)
                else:
                    future.set_result(each)

    def _next(self) -> list[tuple[Said, "asyncio.Future[Told]"]]:
        """Those who waited longest, one turn a conversation: the next rests on what this one is answered."""
        batch: dict[str, tuple[Said, asyncio.Future[Told]]] = {}
        for each in self._waiting:
            if len(batch) < TOGETHER:
                batch.setdefault(each[0].conversation, each)
        self._waiting = [each for each in self._waiting if batch.get(each[0].conversation) is not each]
        return list(batch.values())

    def _answered(self, batch: Sequence[Said]) -> list[Told | Exception]:
        cards, engine = self._engines.now()
        turns = self.conversations.ask(batch)
        made = [
            self._reply(said, turn, cards, engine)
            for said, turn in zip(batch, turns, strict=True)
            if isinstance(turn, Turn) and turn.reply is None
        ]
        states = dict(zip((each.said for each in made), self.conversations.answer(made), strict=True))
        replies = {each.said: each.reply for each in made}
        return [
            turn
            if isinstance(turn, Refused)
            else Told(turn.reply or replies[said], states.get(said, turn.state), cards)
            for said, turn in zip(batch, turns, strict=True)
        ]

    def _reply(self, said: Said, turn: Turn, cards: Cards, engine: Engine) -> Answered:
        facts = facts_of(cards, self._asked.of(cards), said.customer) if said.customer else None
        reply = engine.reply(Heard(turn.said, said.locale, turn.before, facts, turn.state))
        record = None
        if reply.reasons:
            language = language_of(said.locale or self._shop.locale)
            record = Handover.made(reply, turn.said, language, said.customer, facts, self._shop)
        return Answered(said, turn, reply, record)


class Engines:
    """The engine of the newest version: the next is made beside the one that answers, and takes over when it is whole."""

    def __init__(self, shop: Shop, published: Published):
        self._shop, self._published = shop, published
        self._held: tuple[Cards, Engine] | None = None
        self._making: threading.Thread | None = None

    def now(self) -> tuple[Cards, Engine]:
        """The newest cards that there is an engine for. Raises ZhikeError where nothing is published."""
        cards = self._published.now()
        if self._held is None:
            self._make(cards)
        assert self._held is not None
        # Between two snapshots the cards may say more than the snapshot did.
        if self._held[0].version == cards.version:
            return cards, self._held[1]
        if not (self._making and self._making.is_alive()):
            self._making = threading.Thread(target=self._make, args=(cards,), daemon=True)
            self._making.start()
        return self._held

    def _make(self, cards: Cards) -> None:
        self._held = cards, engine_of(cards, self._shop)


def facts_of(cards: Cards, said: Consents, account: str) -> Facts:
    """What is published of the person who has an account."""
    rows = consents.recommendations(cards, said, account) or []
    titles = [str(row["title"]) for row in rows if row["list"] == "discover" and row["title"]]
    return Facts(cards.person(account), cards.orders(account), consents.card(cards, said, account) or {}, titles)


def told(answered: Told, said: Said) -> dict[str, Any]:
    """A reply as programs read it."""
    reply = answered.reply
    return {
        "conversation_id": said.conversation,
        "turn_id": said.turn_id,
        "kind": reply.kind,
        "text": reply.text,
        "intent": reply.intent,
        "p": reply.p,
        "answer_id": reply.answer_id,
        "choices": [
            {"question": each.question, "intent": each.intent, "answer_id": each.answer_id} for each in reply.choices
        ],
        "state": answered.state,
    }
