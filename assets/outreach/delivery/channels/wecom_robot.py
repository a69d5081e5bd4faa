"""WeCom's group robot, whose key in the address is its secret. It counts bytes: 4,096 of markdown are 1,365 Chinese characters."""

from assets.outreach.delivery.answers import SENT, Answer
from assets.outreach.delivery.channels.codes import BUSY, SLOWER, TOKEN, judged
from assets.outreach.delivery.http import as_json, post
from assets.outreach.delivery.secrets import Secret
from assets.outreach.delivery.texts import Letter
from resources.channels import Channel

TEXT_BYTES = 4096
CODES = {
    45009: Answer("retry", SLOWER, 60),
    -1: Answer("retry", BUSY, 60),
    93000: Answer("broken", TOKEN),
}


def send(letter: Letter, channel: Channel, secret: Secret) -> Answer:
    content = letter.text(TEXT_BYTES, "**{}**")
    reply = post(secret.url(), as_json({"msgtype": "markdown", "markdown": {"content": content}}))
    if isinstance(reply, Answer):
        return reply
    found = reply.json or {}
    code = found.get("errcode")
    if code == 0 and code is not False:
        return SENT
    return judged(reply, code, CODES, str(found.get("errmsg", "")), secret)
