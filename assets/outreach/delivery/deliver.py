"""Sends what waits in the outbox, within what each channel takes. Knows no Dagster and no warehouse."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.outreach.delivery.message import Message
from assets.outreach.delivery.outbox import Outbox, now
from assets.outreach.delivery.rows import Hold, Row, State
from assets.outreach.delivery.senders import policy_of, sent
from assets.outreach.delivery.texts import Letter, letter
from resources.cards import Published
from resources.channels import Channel
from resources.consents import Consents
from resources.errors import ZhikeError
from resources.home import Home
from resources.shop import Shop
from resources.wishes import Leaving
from resources.words import Words, language_of

TOGETHER = Words("{0} 条提醒", "{0} alerts")
# For so long what was not delivered is a matter for a person.
TOLD_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Delivered:
    """What a delivery did and what it left: messages by channel and state, those that were not and perhaps were delivered in the last seven
    days, and the channels that a person must mend."""

    sent: int
    counts: dict[str, dict[State, int]]
    dead: list[Row]
    perhaps: list[Row]
    broken: dict[str, Hold]

    @property
    def problems(self) -> list[Words]:
        """What a person must look at, a sentence each, without what the messages say."""
        found = [
            Words("渠道 {0} 发不出去：{1}", "channel {0} delivers nothing: {1}").format(name, hold.words)
            for name, hold in self.broken.items()
        ]
        reasons: dict[tuple[str, Words], int] = {}
        for row in self.dead:
            reasons[row.channel, row.words] = reasons.get((row.channel, row.words), 0) + 1
        said = Words("渠道 {0} 有 {1} 条消息没有送达：{2}", "channel {0} did not get {1} messages: {2}")
        return found + [said.format(channel, count, words) for (channel, words), count in reasons.items()]


def deliver(shop: Shop, home: Home, clock: Callable[[], datetime] = now) -> Delivered:
    """Sends what is due. Several may do so at once: each message is sent by the one that claims it. Raises ZhikeError where the outbox cannot
    be opened."""
    with Outbox(home, clock) as outbox:
        outbox.begin()
        outbox.recover({name: policy_of(channel) for name, channel in shop.channels.items()})
        _forget_untold(outbox, home)
        outbox.expire(list(shop.channels))
        count = sum(_sent_at(outbox, shop, home, name, channel, clock) for name, channel in shop.channels.items())
        since = clock() - TOLD_FOR
        broken = {name: hold for name, hold in outbox.holds().items() if hold.is_broken and name in shop.channels}
        return Delivered(
            count, outbox.counts(), outbox.listed(["dead"], since), outbox.listed(["perhaps_sent"], since), broken
        )


def _forget_untold(outbox: Outbox, home: Home) -> None:
    """Takes out of what waits of whom it may not tell any more: who wishes to be erased, and who refuses to be treated by personal traits."""
    try:
        cards = Published(home).now()
    except ZhikeError:
        # Then nobody knows what else is theirs.
        outbox.forget(Leaving(home).accounts())
        return
    outbox.forget(cards.gone | cards.leaving)
    # Complaints alone are urgent, and are no score.
    outbox.forget(Consents(home, cards.folder).refusing(), "state = 'waiting' AND NOT urgent")


def _sent_at(outbox: Outbox, shop: Shop, home: Home, name: str, channel: Channel, clock: Callable[[], datetime]) -> int:
    """Sends what is due at one channel until nothing is, its rate is spent or it asks to wait; returns how many messages were sent."""
    outbox.gather(name, channel.rate, channel.most_at_once, put_together)
    count = 0
    while row := outbox.claim(name, channel.rate):
        answer = sent(home, name, channel, _letter(row, shop, channel, clock()))
        outbox.answered(row, answer, policy_of(channel))
        count += answer.kind == "sent"
    return count


def _letter(row: Row, shop: Shop, channel: Channel, at: datetime) -> Letter:
    language = channel.language or language_of(shop.locale)
    return letter(row.message, shop.name, language, is_repeat=row.is_repeat, put_at=row.put_at, at=at)


def put_together(rows: Sequence[Row]) -> Message:
    """One message of many: the title of each is a line."""
    messages = [row.message for row in rows]
    key = hashlib.sha256(" ".join(message.key for message in messages).encode()).hexdigest()[:32]
    # It is worth sending for as long as one of them is.
    ends = [message.expires_at for message in messages]
    last = max(end for end in ends if end) if all(ends) else None
    return Message(
        key,
        TOGETHER.format(len(messages)),
        tuple(message.title for message in messages),
        any(message.urgent for message in messages),
        last,
        tuple(sorted({account for message in messages for account in message.accounts})),
    )
