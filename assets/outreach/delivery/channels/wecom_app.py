"""An app within WeCom, which writes to members. It takes the same request within four hours once, so what perhaps arrived may be sent again."""

import hashlib
import time
from datetime import timedelta
from urllib.parse import urlencode

from assets.outreach.delivery.answers import SENT, Answer
from assets.outreach.delivery.channels.codes import ADDRESS, BUSY, SLOWER, judged
from assets.outreach.delivery.http import Reply, as_json, get, post
from assets.outreach.delivery.secrets import Secret
from assets.outreach.delivery.texts import Letter
from resources.channels import Channel
from resources.words import Words

BASE = "https://qyapi.weixin.qq.com"
TEXT_BYTES = 2048
SAME_FOR = timedelta(hours=4)
# A token lives for two hours; it is asked for anew a little before.
TOKEN_SECONDS, EARLY_SECONDS = 7200, 300
STALE = (40014, 42001)
CREDENTIALS = Answer("broken", Words("企业 ID 或应用密钥不对", "the company's id or the app's secret is not right"))
NOBODY = Answer("broken", Words("接收人都不在应用的可见范围里", "none of the receivers may see the app"))
PARTLY = Words("已送达，但有 {0} 位成员收不到", "sent, but {0} of the members do not get it")
CODES = {
    45009: Answer("retry", SLOWER, 60),
    -1: Answer("retry", BUSY, 60),
    81013: NOBODY,
    60020: Answer("broken", ADDRESS),
    **dict.fromkeys((40001, 40013, 40056, 40014, 42001), CREDENTIALS),
}
# By app, since asking for one each time is itself limited; keyed by a hash, so that no secret lies about.
_tokens: dict[str, tuple[str, float]] = {}


def send(letter: Letter, channel: Channel, secret: Secret) -> Answer:
    content = as_json(
        {
            "touser": "|".join(channel.to),
            "agentid": channel.agent_id,
            "msgtype": "text",
            "text": {"content": letter.text(TEXT_BYTES)},
            "enable_duplicate_check": 1,
            "duplicate_check_interval": int(SAME_FOR.total_seconds()),
        }
    )
    answer = _sent(content, channel, secret, is_fresh=False)
    return _sent(content, channel, secret, is_fresh=True) if answer is None else answer  # pyright: ignore[reportReturnType]


def _sent(content: bytes, channel: Channel, secret: Secret, *, is_fresh: bool) -> Answer | None:
    """What was answered; None where the token is no more and was not fresh."""
    token = _token(channel, secret, is_fresh=is_fresh)
    if isinstance(token, Answer):
        return token
    reply = post(f"{secret.url('base', BASE)}/cgi-bin/message/send?{urlencode({'access_token': token})}", content)
    if isinstance(reply, Answer):
        return reply
    found = reply.json or {}
    code = found.get("errcode")
    if code in STALE and not is_fresh:
        return None
    if code != 0 or code is False:
        return _judged(reply, secret)
    without = [
        name for field in ("invaliduser", "unlicenseduser") for name in str(found.get(field) or "").split("|") if name
    ]
    if without and len(without) >= len(channel.to) and "@all" not in channel.to:
        return NOBODY
    return Answer("sent", PARTLY.format(len(without))) if without else SENT


def _token(channel: Channel, secret: Secret, *, is_fresh: bool) -> str | Answer:
    base, own = secret.url("base", BASE), secret.need("secret")
    app = hashlib.sha256(f"{base} {channel.corp_id} {own}".encode()).hexdigest()
    token, until = _tokens.get(app, ("", 0.0))
    if token and not is_fresh and time.monotonic() < until:
        return token
    reply = get(f"{base}/cgi-bin/gettoken?{urlencode({'corpid': channel.corp_id, 'corpsecret': own})}")
    if isinstance(reply, Answer):
        # What was asked for was a token: of the message nothing went out.
        return Answer("retry", reply.words, 60) if reply.kind == "perhaps" else reply
    found = reply.json or {}
    if found.get("errcode") != 0 or not isinstance(found.get("access_token"), str):
        answer = _judged(reply, secret)
        return Answer("retry", answer.words, 60) if answer.kind == "perhaps" else answer
    seconds = found.get("expires_in")
    lives = seconds if isinstance(seconds, int) else TOKEN_SECONDS
    _tokens[app] = (found["access_token"], time.monotonic() + lives - EARLY_SECONDS)
    return found["access_token"]


def _judged(reply: Reply, secret: Secret) -> Answer:
    found = reply.json or {}
    return judged(reply, found.get("errcode"), CODES, str(found.get("errmsg", "")), secret)
