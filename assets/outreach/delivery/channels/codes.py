"""What the codes of a body mean, which stands in place of the status at services that answer everything with 200."""

from collections.abc import Mapping

from assets.outreach.delivery.answers import Answer
from assets.outreach.delivery.http import TOO_FAST, Reply, by_status
from assets.outreach.delivery.secrets import Secret
from resources.words import Words

SLOWER = TOO_FAST.words
BUSY = Words("对方系统繁忙", "its server is busy")
SIGNATURE = Words(
    "签名不对：检查密钥，以及这台机器的时钟", "the signature is not right: check the secret, and this machine's clock"
)
ADDRESS = Words("这台机器的 IP 不在机器人的白名单里", "this machine's IP address is not on the robot's list")
KEYWORD = Words(
    "机器人要求消息含有它的关键词：把店铺名称设为关键词，或改用加签",
    "the robot asks for its keyword in each message: make the shop's name the keyword, or have it signed instead",
)
TOKEN = Words("地址里的令牌不对，或机器人已被删除", "the token in the address is not right, or the robot was removed")
WRONG = Words("消息的格式或内容不被接受", "the form or the content of the message is not accepted")
OTHER = Words("对方拒绝了这条消息（代码 {0}：{1}）", "its server refused the message (code {0}: {1})")


def judged(reply: Reply, code: object, known: Mapping[int, Answer], said: str, secret: Secret) -> Answer:
    """What a code other than that of success means; one that is not known is a refusal, with what the server said of it."""
    if not isinstance(code, int) or isinstance(code, bool):
        return by_status(reply)
    if code in known:
        return known[code]
    if reply.status == 429 or reply.status >= 500:
        return by_status(reply)
    return Answer("refused", OTHER.format(code, secret.scrubbed(said)[:120]))
