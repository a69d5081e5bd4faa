"""DingTalk's group robot. The signature is base64(HMAC-SHA256(secret, "<milliseconds>\\n<secret>")), encoded once, in the address."""

import base64
import hashlib
import hmac
import re
from urllib.parse import urlencode

from assets.outreach.delivery.answers import SENT, Answer
from assets.outreach.delivery.channels.codes import (
    ADDRESS,
    BUSY,
    KEYWORD,
    SIGNATURE,
    SLOWER,
    TOKEN,
    WRONG,
    judged,
)
from assets.outreach.delivery.http import as_json, post
from assets.outreach.delivery.secrets import Secret
from assets.outreach.delivery.texts import Letter
from resources.channels import Channel
from resources.words import Words

# It takes 20,000 bytes of the whole body.
TEXT_BYTES = 18_000
LIMITED_SECONDS = 600
CODES = {
    130101: Answer("retry", SLOWER, LIMITED_SECONDS),
    410100: Answer("retry", SLOWER, LIMITED_SECONDS),
    -1: Answer("retry", BUSY, 60),
    300005: Answer("broken", TOKEN),
    400101: Answer("broken", TOKEN),
    400102: Answer("broken", Words("机器人已停用", "the robot is switched off")),
    400013: Answer("broken", Words("群已解散", "the group was dissolved")),
    400106: Answer("broken", Words("机器人不存在", "there is no such robot")),
    40035: Answer("refused", WRONG),
    43004: Answer("refused", WRONG),
    400105: Answer("refused", WRONG),
}


def signed(url: str, secret: str, milliseconds: int) -> str:
    """The address with timestamp and signature."""
    digest = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256).digest()
    query = urlencode({"timestamp": milliseconds, "sign": base64.b64encode(digest).decode()})
    return f"{url}{'&' if '?' in url else '?'}{query}"


def send(letter: Letter, channel: Channel, secret: Secret) -> Answer:
    url = secret.url()
    if secret.get("secret"):
        url = signed(url, secret.get("secret"), int(letter.at.timestamp() * 1000))
    text = letter.text(TEXT_BYTES, "### {}", "\n\n")
    reply = post(url, as_json({"msgtype": "markdown", "markdown": {"title": letter.title, "text": text}}))
    if isinstance(reply, Answer):
        return reply
    code, said = (reply.json or {}).get("errcode"), str((reply.json or {}).get("errmsg", ""))
    if code == 0 and code is not False:
        return SENT
    return _forbidden(said) if code == 310000 else judged(reply, code, CODES, said, secret)


def _forbidden(said: str) -> Answer:
    """One code has three meanings, told apart by the words."""
    words = said.lower()
    if "sign" in words or "签名" in words or "timestamp" in words:
        return Answer("broken", SIGNATURE)
    if re.search(r"\bip\b", words):
        return Answer("broken", ADDRESS)
    return Answer("broken", KEYWORD)
