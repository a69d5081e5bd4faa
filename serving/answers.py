"""What the API answers when it cannot give what was asked for: a status, and in the language of who asks what is wrong and what to do."""

import json
from dataclasses import dataclass
from typing import Any

from resources.catalogue import in_words
from resources.errors import ZhikeError
from resources.words import Words, language_of


@dataclass(frozen=True)
class Said:
    """What is wrong, and what to do."""

    what: Words
    remedy: Words


NO_KEY = Said(
    Words("请求没有有效的密钥", "the request shows no valid key"),
    Words(
        "在请求头写 Authorization: Bearer <密钥>；密钥用 zhike key make 生成",
        "send the header Authorization: Bearer <key>; zhike key make makes one",
    ),
)
NOT_ALLOWED = Said(
    Words("这个密钥没有权限", "this key may not ask this"),
    Words("请换用带有以下权限之一的密钥：{0}", "use a key with one of the scopes {0}"),
)
TOO_LARGE = Said(
    Words("请求内容太大，最多 {0} 字节", "the request is larger than {0} bytes"),
    Words("请分成几次发送", "send it in parts"),
)
TOO_MANY = Said(
    Words("请求太频繁", "too many requests"),
    Words("请在 {0} 秒后重试", "try again in {0} s"),
)
NO_PATH = Said(
    Words("没有这个地址", "there is nothing at this address"),
    Words("/openapi.json 列出全部地址", "/openapi.json lists what there is"),
)
NO_METHOD = Said(
    Words("这个地址不接受这种请求方法", "this address does not take this method"),
    Words("/openapi.json 列出全部地址和方法", "/openapi.json lists addresses with their methods"),
)
NO_CUSTOMER = Said(
    Words("最新一周没有这位客户", "no customer of this id in the newest week"),
    Words("请核对客户 ID；未登录的访客没有卡片", "check the id; guests have none"),
)
NO_PRODUCT = Said(
    Words("没有与这件商品相关的商品", "nothing is known to go with this product"),
    Words("请核对商品 ID；买的人太少的商品没有相关商品", "check the id; products that few people buy have none"),
)
NO_VALUE = Said(
    Words("没有名为“{0}”的{1}", "there is no {1} named {0}"),
    Words("可用的有：{0}", "there are: {0}"),
)
NO_LIST = Said(
    Words("没有同时按几项筛选的名单", "there is no list by more than one filter"),
    Words("segment、class、group 只用其中一项", "use one of segment, class and group"),
)
NO_PAGE = Said(
    Words("没有这一页", "there is no such page"),
    Words("after 请原样使用上一页给出的 next", "pass in after what the page before gave as next"),
)
NO_TABLE = Said(
    Words("没有名为“{0}”的表", "there is no table named {0}"),
    Words("可用的有：{0}", "there are: {0}"),
)
NO_COLUMN = Said(
    Words("这张表没有“{0}”这一列", "the table has no column {0}"),
    Words("可用的有：{0}", "there are: {0}"),
)
NO_EVENTS = Said(
    Words("本店没有接入行为事件，收到的事件不会被使用", "this shop takes no events: nothing would read them"),
    Words("在 store.yaml 的 tables 里声明 events", "declare events among the tables of store.yaml"),
)
NO_OUTCOMES = Said(
    Words(
        "本店没有接入动作结果（outcomes），收到的结果不会进入数据",
        "this shop takes no outcomes: no run would read them",
    ),
    Words("在 store.yaml 的 tables 里声明 outcomes", "declare outcomes among the tables of store.yaml"),
)
NO_CONSENTS = Said(
    Words(
        "本店没有接入客户意愿（consents），收到的表态不会进入数据",
        "this shop takes no consents: no run would read them",
    ),
    Words("在 store.yaml 的 tables 里声明 consents", "declare consents among the tables of store.yaml"),
)
NOT_YET = Said(
    Words("{0} 晚于现在", "{0} is still to come"),
    Words("请在客户表态之后再发送，并核对时钟", "send it once the customer has decided, and check the clock"),
)
INVALID = Said(
    Words("请求不符合要求：{0}", "the request is not as it should be: {0}"),
    Words("请按 /openapi.json 的说明修改", "correct it by what /openapi.json says"),
)
BROKEN = Said(
    Words("服务器出错，请求没有完成", "the server failed, and the request is not done"),
    Words("请稍后重试；原因见服务器日志", "try again later; the server's log says why"),
)


class Refused(Exception):
    """A request that is not answered with what it asks for."""

    def __init__(self, status: int, said: Said, headers: dict[str, str] | None = None):
        super().__init__(said.what.en)
        self.status, self.said, self.headers = status, said, headers or {}


def filled(said: Said, what: tuple[object, ...] = (), remedy: tuple[object, ...] = ()) -> Said:
    return Said(said.what.format(*what), said.remedy.format(*remedy))


def of_error(error: ZhikeError) -> Refused:
    """An error of the place, such as that nothing is published yet. Where it is, is nobody's business outside."""
    return Refused(503, Said(in_words(error.what), in_words(error.remedy)))


def language(accepted: str, default: str) -> str:
    """The language in which an answer is read, by the header Accept-Language; the first that is ours."""
    for part in accepted.split(","):
        tag = part.partition(";")[0].strip().lower()
        if tag.startswith(("zh", "en")):
            return language_of(tag)
    return default


def body(said: Said, read_in: str) -> bytes:
    return as_json({"error": getattr(said.what, read_in), "what_to_do": getattr(said.remedy, read_in)})


def as_json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str).encode(errors="replace")
