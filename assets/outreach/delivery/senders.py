"""The channels by their kind: what sends, and for how long the same key is taken once."""

from collections.abc import Callable
from datetime import timedelta

from assets.outreach.delivery.answers import Answer
from assets.outreach.delivery.channels import dingtalk, feishu, mail, slack, webhook, wecom_app, wecom_robot
from assets.outreach.delivery.outbox import Policy
from assets.outreach.delivery.secrets import Secret, secret_of
from assets.outreach.delivery.texts import Letter
from resources.catalogue import in_words
from resources.channels import Channel, Kind
from resources.errors import ZhikeError
from resources.home import Home
from resources.words import Words

Send = Callable[[Letter, Channel, Secret], Answer]
NEVER, ALWAYS = timedelta(0), timedelta(days=365)
FAULT = Words("出了意料之外的错误（{0}）", "something unforeseen went wrong ({0})")
SENDERS: dict[Kind, tuple[Send, timedelta]] = {
    "dingtalk": (dingtalk.send, NEVER),
    "feishu": (feishu.send, NEVER),
    "lark": (feishu.send, NEVER),
    "wecom_robot": (wecom_robot.send, NEVER),
    "wecom_app": (wecom_app.send, wecom_app.SAME_FOR),
    "slack": (slack.send, NEVER),
    "webhook": (webhook.send, ALWAYS),
    "email": (mail.send, ALWAYS),
}


def policy_of(channel: Channel) -> Policy:
    """What the channel does with a message that perhaps arrived."""
    return Policy(SENDERS[channel.kind][1], channel.repeats)


def sent(home: Home, name: str, channel: Channel, letter: Letter) -> Answer:
    """Sends a letter, once, and says what was answered. Nothing is raised: an error would show where, and what was signed with."""
    try:
        return SENDERS[channel.kind][0](letter, channel, secret_of(home, name))
    except ZhikeError as error:
        return Answer("broken", in_words(error.what))
    except Exception as error:
        # Whether it went out before the fault is not known.
        return Answer("perhaps", FAULT.format(type(error).__name__), 60)
