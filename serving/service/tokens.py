"""Who speaks: a short-lived token that the shop's own server signs, and the secret that it is signed with.

A token is `BODY.SIGNATURE`, both in base64url without padding: the body is a JSON object of customer, shop, conversation, expires (seconds
since 1970) and nonce, the signature its HMAC-SHA256 (RFC 2104) under the secret. One without a customer names a conversation only; the
chat page makes these itself for guests.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass

from resources.errors import ZhikeError
from resources.home import Home, write_safely
from resources.words import Words
from serving.answers import Refused, Said

FILE, VARIABLE = "service.secret", "ZHIKE_SERVICE_SECRET"
LEAST_SECRET, LONGEST_TOKEN, LONGEST_NAME = 32, 2_000, 200
LONGEST_LIFE = 24 * 3600
# How far two servers' clocks may differ.
DRIFT = 60
GUEST_LIFE = 12 * 3600

ANEW = Words("请让店铺的服务器重新签发", "let the shop's server sign a new one")
FORGED = Said(Words("令牌无效：签名不对", "the token is not valid: its signature is wrong"), ANEW)
EXPIRED = Said(Words("令牌已过期", "the token has expired"), ANEW)
TOO_LONG = Said(
    Words("令牌的有效期超过一天", "the token is valid for more than a day"),
    Words("请签发一天以内的令牌，一般一小时足够", "sign one for a day at most; an hour is usually enough"),
)
OTHER_SHOP = Said(Words("令牌属于另一家店铺", "the token is of another shop"), ANEW)
OTHER_CONVERSATION = Said(Words("令牌属于另一个会话", "the token is of another conversation"), ANEW)
OTHER_CUSTOMER = Said(
    Words("这个会话属于另一位客户", "this conversation is another customer's"),
    Words("请为这位客户开始新的会话", "begin a new conversation for this customer"),
)


@dataclass(frozen=True)
class Token:
    """What a token says: of which shop's conversation it is until when, and who speaks in it."""

    customer: str | None
    shop: str
    conversation: str
    expires: int
    nonce: str


class Secret:
    """The secret of a shop's tokens: from ZHIKE_SERVICE_SECRET, else from its file, made on first use with mode 0600."""

    def __init__(self, home: Home):
        self._path = home.folder / FILE
        self._stamp: tuple[int, int] | None = None
        self._value = b""

    def value(self) -> bytes:
        """The secret as it is now: a file that was renewed is read again. Raises ZhikeError for one that is too short or unreadable."""
        given = os.environ.get(VARIABLE)
        if given is not None:
            return self._checked(given.encode(), f"the environment variable {VARIABLE}")
        try:
            if not self._path.exists():
                write_safely(self._path, secrets.token_hex(32))
            stat = self._path.stat()
            if (stat.st_mtime_ns, stat.st_ino) != self._stamp:
                self._value = self._checked(self._path.read_bytes().strip(), str(self._path))
                self._stamp = stat.st_mtime_ns, stat.st_ino
        except OSError as error:
            raise ZhikeError(
                f"the secret of the chat cannot be read: {error.strerror}", str(self._path), "make it readable"
            ) from error
        return self._value

    def renew(self) -> None:
        """Makes another secret: tokens signed with the one before are refused from then on."""
        write_safely(self._path, secrets.token_hex(32))

    @staticmethod
    def _checked(value: bytes, where: str) -> bytes:
        if len(value) < LEAST_SECRET:
            raise ZhikeError(
                f"the secret of the chat has fewer than {LEAST_SECRET} bytes",
                where,
                "make another: zhike key chat --renew",
            )
        return value


def signed(token: Token, secret: bytes) -> str:
    """The token as it is sent."""
    body = _encoded(json.dumps(asdict(token), ensure_ascii=False, separators=(",", ":")).encode())
    return f"{body}.{_encoded(hmac.new(secret, body.encode(), hashlib.sha256).digest())}"


def guest(shop: str, secret: bytes) -> str:
    """A token of a new conversation of somebody unknown."""
    conversation = f"chat-{secrets.token_urlsafe(18)}"
    return signed(Token(None, shop, conversation, int(time.time()) + GUEST_LIFE, secrets.token_urlsafe(6)), secret)


def read(text: str, secret: bytes, shop: str, conversation: str | None = None) -> Token:
    """What a token says. Raises Refused (401) for one that is forged, expired, or of another shop or conversation."""
    body, _, signature = text.partition(".")
    expected = hmac.new(secret, body.encode(errors="replace"), hashlib.sha256).digest()
    if len(text) > LONGEST_TOKEN or not hmac.compare_digest(
        _encoded(expected).encode(), signature.encode(errors="replace")
    ):
        raise Refused(401, FORGED)
    token = _parsed(body)
    now = time.time()
    if token.shop != shop:
        raise Refused(401, OTHER_SHOP)
    if token.expires < now:
        raise Refused(401, EXPIRED)
    if token.expires > now + LONGEST_LIFE + DRIFT:
        raise Refused(401, TOO_LONG)
    if conversation is not None and token.conversation != conversation:
        raise Refused(401, OTHER_CONVERSATION)
    return token


def _parsed(body: str) -> Token:
    """Raises Refused (401): also what the shop itself signs may be no token."""
    try:
        found = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        token = Token(**found)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise Refused(401, FORGED) from None
    names = (token.shop, token.conversation, token.nonce, "" if token.customer is None else token.customer)
    is_whole = isinstance(token.expires, int) and not isinstance(token.expires, bool)
    if not is_whole or not all(isinstance(name, str) and len(name) <= LONGEST_NAME for name in names):
        raise Refused(401, FORGED)
    return token


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
