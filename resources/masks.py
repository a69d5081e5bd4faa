"""Personal values inside free text: found by rule and check digit, and replaced by ***.

A text is judged folded (Unicode NFKC, zero-width characters dropped, dashes and digits of every script as ASCII, Chinese
numerals in runs of eleven as digits), because later steps read it so; what is no personal value stays as it was written.
Rules: e-mail addresses; WeChat and QQ names after their keyword; identity cards of mainland China (GB 11643: 18 digits with a
date and an ISO 7064 MOD 11-2 check character, or 15 with a date); bank cards (ISO/IEC 7812: a known prefix and Luhn's check
digit); mobile and landline numbers. Names and addresses cannot be told by rule and stay.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from resources.check_digits import PROVINCE, is_card_number, is_date, is_identity_number

MASK = "***"

_CHINESE_DIGITS = dict(
    zip("零〇○一幺二三四五六七八九壹贰叁肆伍陆柒捌玖", "00011" + "23456789" + "123456789", strict=True)
)
_DROPPED = {*"\u00ad\u034f\u180e\ufe0e\ufe0f\u20e3"}
_DASHES = {*"‐‑‒–—―−－﹣﹘ー"}
_DOTS = {*"·・•∙。"}


def _either_case(letters: str) -> str:
    """A pattern of these Latin letters, small or capital, half or full width."""
    return "".join(
        f"[{c.lower()}{c.upper()}{chr(ord(c.lower()) + 0xFEE0)}{chr(ord(c.upper()) + 0xFEE0)}]"
        if c.isascii() and c.isalpha()
        else c
        for c in letters
    )


# What stands between two digits of a number: no digit and no letter of the scripts that shops write in. Ranges, since a class of all
# letters, repeated, takes longer to compile than a day's texts take to search.
_BETWEEN = "[^0-9A-Za-zÀ-ÖØ-öø-ɏЀ-ҁҊ-ӿぁ-ゖァ-ヺ一-鿿가-힣]*"

# For RE2: one of them matches every text in which a rule below finds something, and hardly any other, so that few rows leave
# the engine. Repetitions are unbounded and the two patterns apart, which keeps its automata small: together they take 30 times as long.
HINTS = (
    "|".join(
        (
            "[@＠﹫]",
            r"[#＃][0-9A-Za-z]+ ?[.。．]",
            rf"(?:\p{{N}}{_BETWEEN}){{7}}",
            "微[ 　]?信|[薇威维徽]信|薇 ?[:：]|扣 ?[:：]|扣扣|企鹅|球球|护照|[加➕+＋].?.?[薇微]",
            *(
                _either_case(word)
                for word in ("v ?信", "v ?❤", "v ?[:：]", "v[ 　]", "vx", "wx", "we ?chat", "wei ?xin")
            ),
            *(
                _either_case(word)
                for word in ("q ?q", "q[号群]", "q[ 　]?[:：]", "q[ 　]", "[加扣的我个+＋➕]q", "[加+＋➕].?.?v")
            ),
            _either_case("at") + r"[^\p{L}].*" + _either_case("dot"),
            r"[\[({（【] ?" + _either_case("a") + r"[tTｔＴ]? ?[\])}）】]|艾特",
        )
    ),
    rf"(?:[0-9０-９{''.join(_CHINESE_DIGITS)}]{_BETWEEN}){{11}}",
)

# How numbers of people are written in groups; any of these may stand between two groups.
_GAP = r"[ .\-_/,()]{1,3}"
_MOBILE_GROUPS = (
    (3, 4, 4), (4, 4, 3), (3, 8), (7, 4), (5, 6), (6, 5), (3, 3, 5), (3, 5, 3), (4, 3, 4), (3, 2, 2, 2, 2), (2, 2, 2, 2, 3),
    (3, 2, 3, 3), (3, 3, 3, 2), (1, 3, 3, 4), (1, 2, 4, 4), (3, 4, 2, 2), (1,) * 11,
)  # fmt: skip
_IDENTITY_GROUPS = (
    (18,),
    (6, 8, 4),
    (6, 12),
    (3, 3, 8, 4),
    (6, 4, 4, 4),
    (6, 4, 2, 2, 4),
    (4, 4, 4, 4, 2),
    (3, 3, 4, 4, 4),
    (1,) * 18,
)


def _grouped(digits: list[str], groups: tuple[int, ...], gap: str) -> str:
    parts, start = [], 0
    for length in groups:
        parts.append("".join(digits[start : start + length]))
        start += length
    return gap.join(parts)


def _any_grouping(digits: list[str], groupings: tuple[tuple[int, ...], ...]) -> str:
    # With one gap of a single dot it is a decimal number.
    return "|".join(_grouped(digits, groups, _GAP if len(groups) > 2 else r"[ \-_/]{1,3}") for groups in groupings)


_ELEVEN = ["1", "[3-9]", *[r"\d"] * 9]
_COUNTRY = (
    r"(?:7|2(?:[07]|[1-689]\d)|3(?:[0-469]|[578]\d)|4(?:[013-9]|2\d)|5(?:[1-8]|[09]\d)|6(?:[0-6]|[7-9]\d)"
    r"|8(?:[1246]|[0578]\d)|9(?:[0-58]|[679]\d))"
)
_CITY = r"(?:10|2\d|[3-9]\d\d)"
_ENDS = r"(?!\d)(?![.,]\d{1,2}(?!\d))"
_CARD = r"\d{13,19}|\d{4}(?:[ \-]{1,2}\d{4}){3}(?:[ \-]{1,2}\d{1,3})?|\d{4}[ \-]\d{6}[ \-]\d{5}|\d{6}[ \-]\d{7,13}"

# What stands directly before a number that names a thing, not a person.
_CODE = re.compile(
    r"(?:第|订单|单号|运单|货号|型号|款号|条码|条形码|编号|编码|批号|批次|流水|交易|发票|序列|取件码|商品|产品|单据|包裹"
    r"|(?<![a-z])(?:sku|spu|order|tracking|invoice|ref|reference|item|model|barcode|ean|upc|isbn|imei|serial|batch|parcel|waybill|shipment"
    r"|product|transaction|pedido|rastreio|código))"
    r"(?:编?号码?|id|code)?[\s:#.\-='\"(\[]*(?:是|为|no\b\.?|number|nº|num\b|id\b|code|is|was)*[\s:#.\-='\"]*$",
    re.IGNORECASE,
)
_CARRIER = re.compile(
    r"(?:快递|物流|快件|邮政|顺丰|圆通|中通|申通|韵达|极兔|京东|ems|dhl|ups)[单号码是为:\s]*$", re.IGNORECASE
)
# Letters that lead to a number of a person; after others a number is part of a code.
_LEADS = re.compile(
    r"(?:tel|te|phone|mobile|mob|cell|call|contact|ph|wx|vx|v|qq|q|dh|sj|wechat|weixin|whatsapp|zap|fone|telefone|celular|me|at|is|number"
    r"|to|on|text|or|and|id|sfz|card|no|t|m|p|h|hp)$",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """The text with every personal value that can be told by rule replaced by ***. All else stays as it is written."""
    folded, places = _folded(text)
    spans: list[tuple[int, int]] = []
    rules = (rule for hint, group in _RULES if hint.search(folded) for rule in group)
    for pattern, is_personal in rules:
        for match in pattern.finditer(folded):
            start, end = match.span("value")
            if is_personal(folded[max(0, start - 48) : start], match):
                # With the dropped characters behind it.
                behind = places[end] if end < len(places) else len(text)
                spans.append((places[start], max(behind, places[end - 1] + 1)))
                folded = f"{folded[:start]}{chr(0) * (end - start)}{folded[end:]}"
    if not spans:
        return text
    parts, last = [], 0
    for start, end in sorted(spans):
        if start >= last:
            parts += [text[last:start], MASK]
        last = max(last, end)
    return "".join([*parts, text[last:]])


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _stands_alone(before: str, match: re.Match[str]) -> bool:
    """Whether a number is not part of a longer code, an amount, or named as a thing's."""
    after = match.string[match.end() : match.end() + 12]
    if re.search(r"[\d¥$€£][-_.]?$|(?<!\d)\d{1,3},$|(?:://|\.[a-z]{2,4}/)\S*$|[?&]\w+=$", before) or _CODE.search(
        before
    ):
        return False
    letters = re.search(r"([A-Za-z]+)[-_#]?$", before)
    if letters and not _LEADS.fullmatch(letters[1]):
        return False
    return not re.match(r"(?!wx|vx|qq|v\d)[A-Za-z]{1,3}\d|[-_](?:[A-Za-z]|\d{5})", after, re.IGNORECASE)


def _landline(before: str, match: re.Match[str]) -> bool:
    return _stands_alone(before, match) and not _CARRIER.search(before)


def _identity(before: str, match: re.Match[str]) -> bool:
    return is_identity_number(re.sub(r"[^\dXx]", "", match["value"]))


def _old_identity(before: str, match: re.Match[str]) -> bool:
    number = match["value"]
    return (
        is_date(f"19{number[6:12]}")
        and _stands_alone(before, match)
        and not _CARRIER.search(before)
        and not before[-1:].isalnum()
    )


def _card(before: str, match: re.Match[str]) -> bool:
    is_alone = _stands_alone(before, match) and not _CARRIER.search(before)
    return is_alone and is_card_number(_digits(match["value"]))


def _always(before: str, match: re.Match[str]) -> bool:
    return True


def _email(before: str, match: re.Match[str]) -> bool:
    local, _, domain = match["value"].partition("@")
    if re.search(r"\.(?:png|jpe?g|gif|webp|svg|mp4)$", domain, re.IGNORECASE):
        return False
    # With spaces around it an @ may be a price's.
    return not local.endswith(" ") or not local.strip().isdigit() or len(local.strip()) > 4


_PLAIN_WORDS = re.compile(
    r"payments?|paying|official|accounts?|public|moments|mini|programs?|groups?|stores?|wallet|services?|support|login|customer|channel"
    r"|stickers?|messages?|please|before|because|always|thanks|numbers?|contacts?|articles?|integration|transfers?|shar(?:e|ing)|refunds?"
    r"|scanning"
)


def _wechat(before: str, match: re.Match[str]) -> bool:
    name, keyword = match["value"].lower(), re.sub(r"\s", "", match["keyword"].lower())
    if _PLAIN_WORDS.fullmatch(name):
        return False
    is_named = bool(match["kind"] or match["sign"])
    is_apart = is_named or bool(match["space"])
    if keyword in ("wx", "vx"):
        return is_apart
    if name.isalpha():
        return is_named if keyword in ("wechat", "weixin") else True
    return True


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


_DOMAIN = r"(?:[a-z0-9\-]+ ?[.。] ?)+(?:[a-z]{2,24}(?![a-z])|中国|公司|网络)|(?:[\u4e00-\u9fffa-z0-9\-]+\.)+(?:中国|公司|网络|com|cn|net|org)"
_SPELT = r"[a-z0-9\-]+ ?[\[({【]?(?:点|dot)[\])}】]? ?(?:com|cn|net|org)"
_LOCAL = r"[a-z0-9._%+\-]*[a-z0-9_%+\-]"
_NAMED = (
    r"(?P<kind>号码?|账号|帐号|id| ?number| ?id)?\s?(?P<sign>[:=,(]|就?是|为|搜索?|加我?|叫|->|>|→|-){0,2}(?:is\s)?\s?"
)
Rule = tuple[re.Pattern[str], Callable[[str, re.Match[str]], bool]]
_ADDRESSES: list[Rule] = [
    # A local part in Chinese is a name of two to four characters: more would be the sentence before it.
    (_compiled(rf"(?P<value>(?:(?![是为箱址到给发系在用:])[\u3400-\u9fff]){{1,4}}\d{{0,4}}@(?:{_DOMAIN}))"), _always),
    (_compiled(rf"(?P<value>{_LOCAL} ?@ ?(?:{_DOMAIN}))"), _email),
    (
        _compiled(
            rf"(?P<value>{_LOCAL}(?: ?(?:[\[({{【] ?(?:at|a) ?[\])}}】]|艾特) ?(?:{_DOMAIN}|{_SPELT})|(?:@| at ){_SPELT}))"
        ),
        _always,
    ),
    (_compiled(rf"(?P<value>{_LOCAL}#(?:qq|163|126|gmail|hotmail|outlook|sina|foxmail|yahoo)\.com)"), _always),
]
_NAMES: list[Rule] = [
    # A keyword of one letter or character: only apart from other words, and before what is more than a word.
    (
        _compiled(
            r"(?:(?<![a-z0-9])v\s?:|(?<![\u4e00-\u9fffa-z0-9])薇\s?:|(?:^|[\u4e00-\u9fff;!?.])v\s)\s?"
            r"(?P<value>[a-z](?=[a-z_\-]*\d)[a-z0-9_\-]{5,19})(?![a-z0-9_])"
        ),
        _always,
    ),
    (
        _compiled(r"(?<![\u4e00-\u9fffa-z0-9])(?:[扣q]\s?:\s?(?=\d{5})|q\s(?=\d{8}))(?P<value>[1-9]\d{4,10})(?!\d)"),
        _always,
    ),
    (_compiled(r"(?P<value>wxid_[a-z0-9]{6,})"), _always),
    (
        _compiled(
            r"(?P<keyword>微\s?信|[薇威维徽]信|(?<![a-z0-9_/.\-])(?:v\s?[信❤]|vx|wx|we\s?chat|wei\s?xin))"
            rf"(?P<space>\s?){_NAMED}(?P<value>[a-z][a-z0-9_\-]{{5,19}}|[1-9]\d{{4,10}})(?![a-z0-9_@])"
        ),
        _wechat,
    ),
    (
        _compiled(
            r"[加+](?:个|我|一下|下|店主|老板)?\s?(?P<keyword>[v薇微])(?P<space>\s?)"
            rf"{_NAMED}(?P<value>[a-z][a-z0-9_\-]{{5,19}}|[1-9]\d{{4,10}})(?![a-z0-9_@])"
        ),
        _wechat,
    ),
    (
        _compiled(
            r"(?:微\s?信|v\s?信|vx|wx|we\s?chat|q\s?q)\s?(?:昵称|网名|名字|名|name|id)\s?(?:[:=]|是|叫|is)\s?"
            r"(?P<value>[^\s,，。.;；!！?？、()（）]{2,20})"
        ),
        _always,
    ),
    (
        _compiled(
            r"(?:(?<![a-z0-9_/.\-])q\s?q|扣扣|球球|企鹅|[加扣的+](?:我|个)?q|(?<![a-z0-9])q(?=号|群))\s?(?:号码?|群号?|id|number|no\.?)?\s?(?:[:=\-(]|是|为|加|搜|is\s)*\s?"
            r"(?P<value>[1-9]\d{4,11}|[1-9]\d{2,3}[ \-]\d{3,4}(?:[ \-]\d{2,4})?)(?!\d)(?!\s?(?:元|块|条|个|人|款|种|g|克|ml|%|w|万|k))"
        ),
        _always,
    ),
    (
        _compiled(r"(?:q\s?q|扣扣)\s?(?:号|id)?\s?[:=]\s?(?P<value>[a-z][a-z0-9_\-]{5,19})(?![a-z0-9_])"),
        _always,
    ),
    (_compiled(r"护照(?:号码?)?[是为:\s]*(?P<value>[a-z]{1,2}\d{7,8})(?!\d)"), _always),
]
_NUMBERS: list[Rule] = [
    (
        _compiled(
            r"(?:身份证|sfz|id ?card)[^\d\n]{0,8}(?P<value>\d(?:[ \-]?\d){13}(?:(?:[ \-]?\d){3})?[ \-]?[\dx])(?!\d)"
        ),
        _always,
    ),
    (
        _compiled(
            r"(?<!\d)(?P<value>"
            + "|".join(
                _grouped([r"[1-9]", *[r"\d"] * 16, r"[\dx]"], groups, r"[ \-]{1,2}") for groups in _IDENTITY_GROUPS
            )
            + r")(?!\d)"
        ),
        _identity,
    ),
    (
        _compiled(
            r"(?:(?:银行卡|信用卡|储蓄卡|借记卡|卡)(?:号码?|号)?|(?:银行|收款|退款)账[号户]|(?<![a-z])(?:bank|credit|debit)? ?card(?: ?(?:no\.?|number|num|#))?)"
            r"[是为:#\s]*(?:is )?(?P<value>\d(?:[ \-]?\d){12,18})(?!\d)"
        ),
        _always,
    ),
    (_compiled(rf"(?<!\d)(?P<value>{PROVINCE}\d{{13}}){_ENDS}"), _old_identity),
    (_compiled(rf"(?<!\d)(?<!\d[ \-])(?P<value>{_CARD}){_ENDS}"), _card),
    (_compiled(r"(?<![a-z0-9])(?P<value>\+1[ .\-]?\(?[2-9]\d\d\)?[ .\-]{0,2}\d{3}[ .\-]?\d{4})(?!\d)"), _always),
    (
        _compiled(
            rf"(?<![a-z0-9])(?P<value>(?:\+\s?{_COUNTRY}[ .\-]?|00{_COUNTRY}[ .\-])(?:\(0\))?\(?[1-9](?:\)?[ .\-(]{{0,2}}\d){{6,11}})(?!\d)"
        ),
        _stands_alone,
    ),
    (
        _compiled(
            rf"(?<!\d)(?P<value>(?:\(?(?:\+|00)?\s?86\)?[ .\-]{{0,3}}|0(?=1[3-9]\d{{9}}))?(?:\((?=1[3-9]\d\)))?(?:1[3-9]\d{{9}}|{_any_grouping(_ELEVEN, _MOBILE_GROUPS)})){_ENDS}"
        ),
        _stands_alone,
    ),
    (
        _compiled(
            rf"(?<!\d)(?P<value>(?:\(0{_CITY}\)|(?:\(?(?:\+|00)?86\)?[ \-]?)?0{_CITY}|(?:\+|00)?86[ \-]{_CITY}(?=[ \-]))"
            rf"[ .\-]{{0,3}}[2-8]\d{{2,3}}[ .\-]?\d{{4}}(?:[ \-]?(?:转|ext\.?|x|#|-)\s?\d{{1,6}})?){_ENDS}"
        ),
        _landline,
    ),
    (
        _compiled(
            r"(?:电话|座机|固话|致电|(?<![a-z])(?:tel|phone))(?:号码?|号)?[是为:.\s\-]*(?P<value>[2-8]\d{2,3}[ \-]?\d{4})(?!\d)(?!\s?(?:元|块|个))"
        ),
        _always,
    ),
    (
        _compiled(
            rf"(?<!\d)(?P<value>(?:\([2-9]\d\d\) ?|(?!400|800)[2-9]\d\d[.\-] ?)[2-9]\d\d[.\-]\d{{4}}|\(\d\d\) ?9?\d{{4}}-\d{{4}}){_ENDS}"
        ),
        _landline,
    ),
]
# Each group with what a text must hold for one of its rules to find anything.
_RULES = (
    (_compiled(r"[@#]|艾特|[\[({【] ?a|dot"), _ADDRESSES),
    (_compiled(r"[vwq信薇微扣]|企鹅|球球|护照"), _NAMES),
    (_compiled(r"(?:\d[^\d]*){7}"), _NUMBERS),
)


def _folded(text: str) -> tuple[str, "list[int] | range"]:
    """The text as the rules read it, and for each of its characters the place of the original."""
    if text.isascii():
        return text, range(len(text))
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        read = character if character < "\x80" else _fold(character)
        folded.append(read)
        places += [place] * len(read)
    numerals = "".join(_CHINESE_DIGITS)
    plain = re.sub(
        rf"[0-9{numerals}](?:[ .\-]{{0,2}}[0-9{numerals}]){{10,}}",
        lambda match: "".join(_CHINESE_DIGITS.get(sign, sign) for sign in match[0]),
        "".join(folded),
    )
    return plain, places


@cache
def _fold(character: str) -> str:
    if character in _DROPPED or unicodedata.category(character) == "Cf":
        return ""
    if character in _DASHES:
        return "-"
    if character in _DOTS:
        return "."
    if character == "➕":
        return "+"
    if character in "，、":  # never between the digits of one number
        return ";"
    digit = unicodedata.digit(character, None)
    folded = unicodedata.normalize("NFKC", character) if digit is None else str(digit)
    return " " if folded.isspace() and folded != "\n" else folded
