"""A shop with one channel, its home and its outbox, without any of its tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assets.outreach.delivery.deliver import Delivered, deliver
from assets.outreach.delivery.message import Message, keyed
from assets.outreach.delivery.outbox import Outbox
from assets.outreach.delivery.rows import Row
from assets.outreach.delivery.secrets import FILE
from resources.home import Home, open_home
from resources.shop import Shop
from resources.words import Words
from tests.outreach.delivery.servers import Service

NIGHT = datetime(2026, 11, 30, 12, 0, 0, 1000, tzinfo=UTC)
# How a kind of channel is declared and where its address lies, before the server's own is put in.
DECLARED: dict[str, dict[str, Any]] = {
    "dingtalk": {},
    "feishu": {},
    "lark": {},
    "wecom_robot": {},
    "wecom_app": {"corp_id": "corp1", "agent_id": 7, "to": ["anna", "bob"]},
    "slack": {},
    "webhook": {},
    "email": {
        "host": "127.0.0.1",
        "sender": "Zhike <zhike@shop.example>",
        "to": ["anna@shop.example", "bob@shop.example"],
    },
}
PATHS = {
    "dingtalk": "/robot/send?access_token=TOKENdingtalk123",
    "feishu": "/open-apis/bot/v2/hook/TOKENfeishu123",
    "lark": "/open-apis/bot/v2/hook/TOKENlark123456",
    "wecom_robot": "/cgi-bin/webhook/send?key=TOKENwecomrobot1",
    "slack": "/services/T000/B000/TOKENslack1234567",
    "webhook": "/hooks/TOKENwebhook12345",
}
WEBHOOK_KEYS = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_UExBTlRFRFNFQ1JFVEtFWTEyMzQ1Njc4OTA=")
SIGNING = {
    "dingtalk": "SECtest",
    "feishu": "demo",
    "lark": "demo",
    "wecom_app": "APPSECRETapp12345",
    "webhook": " ".join(WEBHOOK_KEYS),
}


@dataclass
class Counter:
    """A small shop whose clock stands still until a test moves it."""

    folder: Path
    channels: dict[str, dict[str, Any]]
    at: datetime = NIGHT
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def shop(self) -> Shop:
        return Shop(
            folder=self.folder / "tea",
            name=Words("茶馆", "Tea house"),
            locale="zh",
            time_zone="Asia/Shanghai",
            start=NIGHT.date(),
            sources={},
            tables={"orders": "orders.sql"},
            channels=self.channels,
        )

    @property
    def home(self) -> Home:
        (self.folder / "tea").mkdir(parents=True, exist_ok=True)
        return open_home(self.shop, self.folder / "home")

    def outbox(self) -> Outbox:
        return Outbox(self.home, lambda: self.at)

    def put(self, *messages: Message, channel: str = "it") -> None:
        with self.outbox() as outbox:
            for message in messages:
                outbox.put(channel, message)

    def deliver(self, minutes: float = 0) -> Delivered:
        self.at += timedelta(minutes=minutes)
        return deliver(self.shop, self.home, lambda: self.at)

    def rows(self) -> list[Row]:
        with self.outbox() as outbox:
            return sorted(outbox.listed(limit=1000), key=lambda row: row.id)

    def states(self) -> list[str]:
        return [row.state for row in self.rows()]

    def close(self, **fields: str) -> None:
        """Writes the secrets of the channel `it`, for its owner only."""
        lines = "".join(f"  {name}: '{value}'\n" for name, value in fields.items())
        path = self.home.folder / FILE
        path.touch(0o600)
        path.write_text(f"it:\n{lines}", encoding="utf-8")


def counter(folder: Path, kind: str, server: Service | None = None, **settings: Any) -> Counter:
    """The shop with one channel of a kind, named `it`, whose server is the given one."""
    made = Counter(folder, {"it": {"kind": kind, **DECLARED[kind], **settings}})
    fields = {"secret": SIGNING[kind]} if kind in SIGNING else {}
    if server:
        fields["base" if kind == "wecom_app" else "url"] = server.url + PATHS.get(kind, "")
    if fields:
        made.close(**fields)
    return made


def message(
    about: str = "a", title: str = "3 位高价值客户流失风险上升", lines: Sequence[str] = ("一行", "二行"), **others: Any
) -> Message:
    words, texts = Words(title, f"en {title}"), tuple(Words(line, f"en {line}") for line in lines)
    return Message(keyed(about, words, texts), words, texts, **others)
