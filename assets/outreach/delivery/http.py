"""One request to a channel: whether it was handed over, and what was answered. Nothing that it raises or logs shows an address."""

import email.utils
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assets.outreach.delivery.answers import NO_ANSWER, Answer
from resources.words import Words

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 15.0
MOST_BYTES = 65536
LONGEST_AFTER = 6 * 3600

NOT_REACHED = Answer("retry", Words("连不上对方的服务器", "its server could not be reached"))
NOT_TRUSTED = Answer("broken", Words("对方服务器的证书不可信", "the certificate of its server is not to be trusted"))
NO_ADDRESS = Answer("broken", Words("渠道的地址不对", "the channel's address is none"))
MOVED = Answer("broken", Words("地址已经搬走（对方要求跳转）", "the address has moved: its server sends on elsewhere"))
NOT_ALLOWED = Answer(
    "broken", Words("对方不认这个地址或密钥（HTTP {0}）", "its server knows no such address or key (HTTP {0})")
)
TOO_FAST = Answer("retry", Words("发送太快，对方请稍后再发", "sent too fast: its server asks to wait"), 60)
OVERLOADED = Answer("retry", Words("对方服务器出错（HTTP {0}）", "its server failed (HTTP {0})"), 60)
REFUSED = Answer("refused", Words("对方拒绝了这条消息（HTTP {0}）", "its server refused the message (HTTP {0})"))
UNREADABLE = Answer(
    "perhaps",
    Words("看不懂对方的回答，不知道是否收到", "its answer cannot be understood: nobody knows whether it arrived"),
    60,
)


@dataclass(frozen=True)
class Reply:
    """What a server answered: the body as text and, where it is an object, as JSON; the seconds that it asks to wait."""

    status: int
    text: str
    json: dict[str, Any] | None
    after: int | None


def post(url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Reply | Answer:
    """Posts JSON; no redirect is followed. An Answer where there is no reply."""
    return _asked("POST", url, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


def get(url: str) -> Reply | Answer:
    return _asked("GET", url, None, {})


def as_json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def by_status(reply: Reply) -> Answer:
    """What a status alone says, where the body says nothing."""
    status = reply.status
    if status == 429:
        return Answer("retry", TOO_FAST.words, TOO_FAST.after if reply.after is None else reply.after)
    if status >= 500 or status in (408, 425):
        return Answer(
            "retry", OVERLOADED.words.format(status), OVERLOADED.after if reply.after is None else reply.after
        )
    if 300 <= status < 400:
        return MOVED
    if status in (401, 403, 404, 405, 407, 410):
        return Answer("broken", NOT_ALLOWED.words.format(status))
    if status >= 400:
        return Answer("refused", REFUSED.words.format(status))
    return UNREADABLE


def _asked(method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Reply | Answer:
    import requests
    from urllib3 import exceptions

    # It logs what it asks for, and the address is the secret.
    logging.getLogger("urllib3").setLevel(logging.CRITICAL)
    before = (
        exceptions.NewConnectionError,
        exceptions.ConnectTimeoutError,
        exceptions.ProxyError,
        exceptions.NameResolutionError,
    )
    try:
        with requests.request(
            method,
            url,
            data=body,
            headers=headers,
            timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
            allow_redirects=False,
            stream=True,
            # Not that of ~/.netrc.
            auth=lambda request: request,
        ) as response:
            return _reply(response)
    except requests.exceptions.SSLError as error:
        # One that ends in the middle may end after what was asked.
        return NO_ANSWER if "EOF" in str(error) else NOT_TRUSTED
    except (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError):
        return NOT_REACHED
    except requests.exceptions.ConnectionError as error:
        # Its text shows the address.
        cause = error.args[0] if error.args else None
        is_before = isinstance(cause, before) or isinstance(getattr(cause, "reason", None), before)
        return NOT_REACHED if is_before else NO_ANSWER
    except (ValueError, exceptions.LocationParseError):
        # An address that is none; of those of the library too.
        return NO_ADDRESS
    except (requests.exceptions.RequestException, exceptions.HTTPError):
        return NO_ANSWER


def _reply(response: Any) -> Reply | Answer:
    deadline, parts = time.monotonic() + ANSWER_SECONDS, b""
    for part in response.iter_content(8192):
        parts += part
        if len(parts) > MOST_BYTES:
            break
        if time.monotonic() > deadline:
            return NO_ANSWER
    text = parts[:MOST_BYTES].decode(errors="replace")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    found = content if isinstance(content, dict) else None
    return Reply(response.status_code, text, found, _after(response.headers.get("Retry-After")))


def _after(said: str | None) -> int | None:
    """The seconds of a Retry-After, which are told as a number or as a date."""
    if said is None:
        return None
    try:
        seconds = (
            float(said)
            if said.strip().isdecimal()
            else email.utils.parsedate_to_datetime(said).timestamp() - time.time()
        )
    except (ValueError, TypeError, OverflowError):
        return None
    return int(min(max(seconds, 1), LONGEST_AFTER))
