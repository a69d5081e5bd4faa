"""Slack's incoming webhook, whose address is its secret; it answers in plain words."""

from assets.outreach.delivery.answers import SENT, Answer
from assets.outreach.delivery.http import as_json, by_status, post
from assets.outreach.delivery.secrets import Secret
from assets.outreach.delivery.texts import Letter
from resources.channels import Channel
from resources.words import Words

# A header takes 150 characters, a section 3,000; bytes are never fewer.
TEXT_BYTES = 3000
GONE = Words("频道或地址已失效（{0}）", "the channel or the address is no more ({0})")
BROKEN = (
    "no_service", "no_service_id", "no_active_hooks", "no_team", "team_disabled", "invalid_token", "action_prohibited",
    "channel_is_archived", "channel_not_found", "posting_to_general_channel_denied", "user_not_found",
)  # fmt: skip
REFUSED = ("invalid_payload", "invalid_blocks", "no_text", "too_many_attachments")
WRONG = Words("消息的格式不被接受（{0}）", "the form of the message is not accepted ({0})")


def send(letter: Letter, channel: Channel, secret: Secret) -> Answer:
    text = letter.text(TEXT_BYTES)
    heading, _, body = text.partition("\n")
    title = {"type": "header", "text": {"type": "plain_text", "text": letter.title}}
    # The heading stands above; where it was cut, and where it is all there is, it is shown whole.
    shown = body.strip() if heading == letter.title else text
    section = [{"type": "section", "text": {"type": "plain_text", "text": shown}}] if shown else []
    reply = post(secret.url(), as_json({"text": letter.title, "blocks": [title, *section]}))
    if isinstance(reply, Answer):
        return reply
    said = reply.text.strip()
    if reply.status == 200 and said == "ok":
        return SENT
    if said in BROKEN:
        return Answer("broken", GONE.format(said))
    if said in REFUSED:
        return Answer("refused", WRONG.format(said))
    return by_status(reply)
