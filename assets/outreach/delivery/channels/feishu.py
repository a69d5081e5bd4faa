"""The custom bot of Feishu and of Lark. The signature is base64(HMAC-SHA256("<seconds>\\n<secret>", "")): over an empty message, in the body."""

import base64
import hashlib
import hmac

from assets.outreach.delivery.answers import SENT, Answer
from assets.outreach.delivery.channels.codes import ADDRESS, KEYWORD, SIGNATURE, SLOWER, TOKEN, WRONG, judged
from assets.outreach.delivery.http import as_json, post
from assets.outreach.delivery.secrets import Secret
from assets.outreach.delivery.texts import Letter
from resources.channels import Channel

# It takes 20 KB of the whole body.
TEXT_BYTES = 18_000
CODES = {
    11232: Answer("retry", SLOWER, 60),
    19001: Answer("broken", TOKEN),
    19021: Answer("broken", SIGNATURE),
    19022: Answer("broken", ADDRESS),
    19024: Answer("broken", KEYWORD),
    9499: Answer("refused", WRONG),
}


def signature(secret: str, seconds: int) -> str:
    return base64.b64encode(hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def send(letter: Letter, channel: Channel, secret: Secret) -> Answer:
    content: dict[str, object] = {"msg_type": "text", "content": {"text": letter.text(TEXT_BYTES)}}
    if secret.get("secret"):
        seconds = int(letter.at.timestamp())
        content = {"timestamp": str(seconds), "sign": signature(secret.get("secret"), seconds), **content}
    reply = post(secret.url(), as_json(content))
    if isinstance(reply, Answer):
        return reply
    found = reply.json or {}
    # Robots of old answer with other names.
    code = found.get("code", found.get("StatusCode"))
    if code == 0 and code is not False:
        return SENT
    return judged(reply, code, CODES, str(found.get("msg", "")), secret)
