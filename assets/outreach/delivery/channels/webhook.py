"""A program of the shop's own, asked as Standard Webhooks says: `webhook-id`, `webhook-timestamp` and `webhook-signature`, which is
v1,base64(HMAC-SHA256(key, "<id>.<timestamp>.<body>")), one for each key while they are exchanged. `Idempotency-Key` is the same for the same
message, so what perhaps arrived may be sent again."""

import base64
import binascii
import hashlib
import hmac

from assets.outreach.delivery.answers import SENT, Answer
from assets.outreach.delivery.http import as_json, by_status, post
from assets.outreach.delivery.secrets import Secret
from assets.outreach.delivery.texts import Letter
from resources.channels import Channel
from resources.words import Words

PREFIX = "whsec_"
LEAST_KEY_BYTES = 16
NO_KEY = Answer(
    "broken",
    Words(
        "签名密钥不对：应为 whsec_ 开头的 base64，至少 16 字节，几个之间用空格隔开",
        "its signing key is none: whsec_ and base64 of 16 bytes or more, several with spaces between them",
    ),
)


def signatures(secret: str, key: str, seconds: int, body: bytes) -> str:
    """The signatures of a body, one for each key. Raises ValueError for a key that is none or has less than 16 bytes."""
    signed = f"{key}.{seconds}.".encode() + body
    keys = [base64.b64decode(each.removeprefix(PREFIX), validate=True) for each in secret.split()]
    if not keys or min(map(len, keys)) < LEAST_KEY_BYTES:
        raise ValueError("too short")
    return " ".join(f"v1,{base64.b64encode(hmac.new(each, signed, hashlib.sha256).digest()).decode()}" for each in keys)


def send(letter: Letter, channel: Channel, secret: Secret) -> Answer:
    message = letter.message
    body = as_json(
        {
            "type": "zhike.alert",
            # Not that of the attempt: the same message has the same body.
            "timestamp": letter.put_at.isoformat(timespec="milliseconds"),
            "data": {
                "key": message.key,
                "shop": {"zh": letter.shop.zh, "en": letter.shop.en},
                "title": {"zh": message.title.zh, "en": message.title.en},
                "lines": [{"zh": line.zh, "en": line.en} for line in message.lines],
                "urgent": message.urgent,
            },
        }
    )
    seconds = int(letter.at.timestamp())
    try:
        signature = signatures(secret.need("secret"), message.key, seconds, body)
    except (binascii.Error, ValueError):
        return NO_KEY
    headers = {
        "webhook-id": message.key,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signature,
        "Idempotency-Key": message.key,
    }
    reply = post(secret.url(), body, headers)
    if isinstance(reply, Answer):
        return reply
    return SENT if 200 <= reply.status < 300 else by_status(reply)
