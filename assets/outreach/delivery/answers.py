"""What a channel answered to a message, judged by what it says and not by the status that it comes with."""

from dataclasses import dataclass
from typing import Literal

from resources.words import Words

Kind = Literal["sent", "retry", "broken", "refused", "perhaps"]


@dataclass(frozen=True)
class Answer:
    """`sent`; `retry`: not now, but `after` seconds at the soonest; `broken`: nothing arrives here until a person mends the channel;
    `refused`: this message never will; `perhaps`: the message was handed over and no answer came, after which the channel too has a pause of
    `after` seconds. `words` name no address and no secret."""

    kind: Kind
    words: Words
    after: int = 0


SENT = Answer("sent", Words("已送达", "sent"))
NO_ANSWER = Answer(
    "perhaps",
    Words("消息已交出，但没有等到回答", "the message was handed over and no answer came"),
    60,
)
PROCESS_ENDED = Answer(
    "perhaps",
    Words(
        "发送途中进程结束了，不知道对方是否收到", "the process ended within the call: nobody knows whether it arrived"
    ),
)
