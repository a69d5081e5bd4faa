"""What is heard in a message before any model reads it, by phrases written by hand in Chinese and English.

A person is asked for in words that no statistics may overlook; the same holds for anger, for money that is missing, and for a wish that is taken back.
Texts are normalised: simplified, lower case (resources/text.py).
"""

import re

_HUMAN = re.compile(
    r"(?:人工|真人|活人)(?!智能|费|成本|降解|合成|养殖|草|皮|革|钻)"
    r"|(?:转|找|叫|让|换|联系|呼叫|接通?|安排|来)(?:一?个|一下|到|给|你们的?)?(?:客服|店长|老板|经理|主管|负责人|领导|专员|工作人员|人来|个人)"
    r"|(?:跟|和|与)(?:你们的?)?(?:客服|人|店长|老板|经理|主管|领导)(?:说|聊|谈|沟通|对话|讲)"
    r"|(?:不想|不要|别)(?:再)?(?:跟|和|与)?机器人|别(?:用|让)机器人|^(?:(?:有|找)?客服(?:呢|吗|在吗)?|(?:有)?人呢|(?:给我)?转接|接线员|(?:live )?agent|live chat)[ ,，。.!！?？]*(?:please)?[ .!?]*$"
    r"|\b(?:(?:real|live|actual|human) (?:person|agent|human|being|support|representative)|human|representative|supervisor|manager|operator)\b(?! error| hair)"
    r"|\b(?:talk|speak|chat|connect|transfer|put)\b.{0,20}\b(?:to|with) (?:a |an |some|your |the )?(?:person|someone|somebody|agent|staff|team|one|owner|boss|people)"
    r"|\b(?:customer service|support) (?:agent|person|rep)\b"
)
_NO_HUMAN = re.compile(
    r"(?:不用|不要|不需要|无需|不必|别|不想)(?:再)?(?:帮我|给我)?(?:转|找|叫|换|联系)?(?:接)?(?:到)?(?:人工|真人|活人|客服)"
    r"|\b(?:don't|do not|no) (?:need|want)? ?(?:to (?:talk|speak) (?:to|with) )?(?:a |an )?(?:human|real person|live agent|person)\b"
)
_HUMAN_HOURS = re.compile(
    r"(?:人工|客服).{0,6}(?:几点|时间|上班|下班|在线时|工作时)|(?:几点|什么时候).{0,6}(?:人工|客服)"
)
_HUMAN_NOW = re.compile(r"(?:要|转|找|叫|给我|换|接).{0,3}(?:人工|真人|活人|客服)")

_ANGER = re.compile(
    r"垃圾(?!袋|桶|箱|分类|处理)|骗子|骗人|欺骗|坑人|坑爹|黑店|奸商|无良|不要脸|恶心|气死|气炸|火大了|愤怒|忍无可忍|忍不了|受够|太过分|过分了|"
    r"太差|差劲|最差|极差|什么破|什么鬼|滚(?:蛋|开|吧)|^滚[!！。]*$|妈的|他妈|(?<![a-z])(?:tmd|sb)(?![a-z])|傻逼|王八|再也不(?:买|来|会)|12315|消协|消费者协会|工商局|市场监管|曝光(?!度|量|率|不足|过度|补偿|时间|值)|起诉|律师|法院|报警(?!器|灯|系统|声|功能)|"
    r"投诉你们|我要投诉|投诉到|差评"
    r"|\b(?:scam(?:mers?)?|fraud|thie(?:f|ves)|liars?|ridiculous|disgusting|disgrace\w*|unacceptable|outrageous|furious|pathetic|(?:rubbish|garbage)(?! bag| bin| can)|bullshit|wtf|"
    r"worst|terrible|horrible|appalling|fed up|sick of|angry|lawyer|sue you|legal action|never (?:buy|shop|order)\w* (?:here |from you )?again)\b"
)
_MONEY = re.compile(
    r"(?:多|重复|乱|误|错)(?:扣|收)(?:了)?(?:我)?|扣了?(?:我)?(?:两|二|2|三|3|多)(?:次|笔|遍)|付了(?:两|二|2|三|3|多)(?:次|笔|遍)|(?:少|没|没有|未|不)(?:给我?)?退(?:我)?(?:的)?(?:钱|款)|少退|退少了"
    r"|(?:退款|钱|款).{0,8}(?:没|未|不)(?:有)?(?:收到|到账|到|退|给|回来)|(?:没|未)(?:有)?(?:收到|到账).{0,4}(?:退款|钱|款)|还我(?:的)?钱|把钱(?:退|还)|钱(?:呢|去哪|不见)"
    r"|扣(?:了)?(?:款|钱).{0,8}(?:没有?|不见|查不到)(?:订单|单)|(?:扣款|扣钱).{0,6}(?:失败|异常)|骗.{0,3}钱|坑.{0,3}钱|乱收费|价格欺诈|(?:要|得|必须|给我|求|叫你们)赔(?!率|.{0,8}吗)|赔(?:我|钱)"
    r"|\b(?:over ?charged|charged (?:me )?(?:twice|double|two times|again)|double charge\w*|paid twice|"
    r"(?:refund|money)\b.{0,30}\b(?:never|not|hasn't|hasnt|haven't|didn't|still|nowhere)|(?:never|not|haven't|still no)\b.{0,20}\brefund(?:ed)?|"
    r"where(?:'s| is) my (?:money|refund)|give me (?:back )?my money|took my money|stole|(?:want|demand|need) (?:a )?compensation)\b"
)
# Asked how long it takes, nobody complains.
_MONEY_QUESTION = re.compile(r"(?:多久|几天|多长时间|什么时候|怎么|如何|会不会|how long|when will|how do)")
_DISPLEASED = re.compile(
    r"[!！]|投诉|还没|还不|怎么还|迟迟|一直|都\d*天|都.{0,3}天了|twice|still|complain|already|too long"
)

_WISH = r"(?:退货|退款|退掉|退单|退|换货|换掉|换|取消订单|取消|投诉|改地址|修改|改)"
_TAKEN_BACK = re.compile(
    rf"(?<!能)(?<!可以)(?<!可)(?:不想|不用|不要|不必|不打算|先不|暂时不|就不|别|那不|我不|还是不|决定不|算了不|^不)(?:再|了)?(?:给我|帮我|申请|办理|去)*{_WISH}(?:了|货|款|单|啦|吧|呢)*(?:[，。!！~,.\s]|$)"
    r"|(?:don't|do not|dont|no longer|not going to|won't) (?:want to |need to |wish to |)(?:return|refund|cancel|exchange|complain|change)\b"
    r"|(?:never ?mind|forget|scrap) (?:about )?(?:the |my )?(?:return|refund|cancellation|exchange)"
)
_REFUSED_BY_SHOP = re.compile(
    r"(?:你们|店家|商家|卖家|客服|为什么|为啥|怎么|凭什么|一直|死活|拒绝|也|都|you|why|they|seller|shop)[^，。,.]{0,6}$"
)

_NO_HELP = re.compile(
    r"(?<![有管])没(?:有)?(?:有用|用|解决|帮上|帮到)|不(?:管用|明白我|懂我|理解我|解决)|答非所问|不是(?:这个|我问的|问这个)|看不懂|听不懂|说了等于没说|还是不(?:行|懂|会|明白)|牛头不对马嘴"
    r"|\b(?:not helpful|no help|didn't help|doesn't help|useless|that's not what|not what i asked|didn't answer|doesn't answer|wrong answer|you don't understand|still don't)\b"
)
_GREETING = re.compile(
    r"(?:你好|您好|哈喽|哈啰|嗨|在吗|在不在|在么|有人吗|亲|早上好|下午好|晚上好|早|,|，|hi|hello|hey|good (?:morning|afternoon|evening)|hi there|hello there)+[呀啊哦呢么吗 ,，。.!！?？~]*"
)
_THANKS = re.compile(
    r"(?:好的?|ok|okay|嗯+|行|知道了|明白了|收到)?[ ,，。!！~]*(?:谢谢|多谢|感谢|谢了|辛苦了|thanks?(?: you)?|thank you|thx|cheers|great)(?:你|您|啦|了|哈|very much|so much|a lot)?[ ,，。.!！~]*"
)
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_CODE = re.compile(r"(?=[a-z0-9_-]*\d)[a-z0-9][a-z0-9_-]{3,39}")
_CODE_WITH_NAME = re.compile(
    r"(?:(?:订单|运单|快递|物流|单)?(?:编号|单号|号码?|id)?|order(?: number| no\.?| id)?)[ :：#是]*(?P<code>[a-z0-9_-]{4,40})[ 。.]*"
)
_ENDS = re.compile(
    r"(?<=[？?！!。；;\n])|(?<=\.)\s+|(?:，|,|\s)?(?=(?:另外|还有就是|还有|顺便|再问一下|以及)(?!人))|\s(?=(?:and also|also,|another question|and (?:how|when|what|where|can|do|is)\b))"
)


def asks_for_a_person(text: str) -> bool:
    """Whether a person is asked for; not where only their hours are, or where none is wanted."""
    if not _HUMAN.search(text):
        return False
    rest = _NO_HUMAN.sub(" ", text)
    return _HUMAN.search(rest) is not None and (not _HUMAN_HOURS.search(rest) or _HUMAN_NOW.search(rest) is not None)


def is_angry(text: str) -> bool:
    """Whether a message is strongly negative; shouting (three exclamation marks beside a refusal) counts."""
    return _ANGER.search(text) is not None or (
        len(re.findall("[!！]", text)) >= 3 and bool(re.search("[没不未]|not|n't|no ", text))
    )


def misses_money(text: str) -> bool:
    """Whether a message complains that money was taken or kept; a question of how long a refund takes does not."""
    if not _MONEY.search(text) or is_wish_taken_back(text):
        return False
    return not _MONEY_QUESTION.search(text) or _DISPLEASED.search(text) is not None


def wants_no_person(text: str) -> bool:
    return _NO_HUMAN.search(text) is not None


def is_wish_taken_back(text: str) -> bool:
    """Whether a wish is taken back (不想退了, "I don't want to return it"); not where the shop is said to refuse."""
    return any(not _REFUSED_BY_SHOP.search(text[: found.start()]) for found in _TAKEN_BACK.finditer(text))


def says_no_help(text: str) -> bool:
    """Whether a message says that the answer before did not help."""
    return _NO_HELP.search(text) is not None


def is_greeting(text: str) -> bool:
    return _GREETING.fullmatch(text) is not None and any(sign.isalpha() for sign in text)


def is_thanks(text: str) -> bool:
    return _THANKS.fullmatch(text) is not None


def without_links(text: str) -> str:
    return _LINK.sub(" ", text).strip()


def code_in(text: str) -> str | None:
    """The number of an order or a parcel, where a message is nothing else."""
    named = _CODE_WITH_NAME.fullmatch(text)
    code = named["code"] if named else text
    return code if _CODE.fullmatch(code) else None


def parts(text: str) -> list[str]:
    """The sentences of a message that may each ask something."""
    return [part for each in _ENDS.split(text) if (part := each.strip()) and any(sign.isalpha() for sign in part)]
