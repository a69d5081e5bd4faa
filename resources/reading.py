"""Text to instants, numbers, ids and truth values: one SQL function a type, used by the run and by `zhike check` alike.

A value is read as what it says or not at all (NULL): nothing is guessed. The engine's own casts are not trusted with raw text: a cast to
TIMESTAMPTZ keeps a zone's name for the rows after it, a cast to TIMESTAMP drops an offset, and both take words such as infinity.
"""

import duckdb

# Languages of locales in which the comma separates the decimals.
# fmt: off
DECIMAL_COMMA = frozenset(
    {"pt", "es", "de", "fr", "it", "nl", "pl", "ru", "tr", "id", "vi", "da", "sv", "nb", "fi", "cs", "el", "hu", "ro", "uk"}
)
# fmt: on
# Signs of East Asian keyboards in the place of ASCII, and the spaces that spreadsheets and locales put in.
_WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "　\u00a0\u202f\u2009−"
_NARROW = "".join(chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)) + "    -"
_BLANK = r"[\s\x{feff}\x{200b}\x{200e}\x{200f}]"
_ZONE = r"(?:\s*(z|[+-]\d{2}(?::?\d{2})?(?::\d{2})?))?"
_CLOCK = r"(?:(?:\s*t\s*|\s+)(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?" + _ZONE + ")?"
_YEAR_FIRST = r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _CLOCK
_COMPACT = r"(\d{4})(\d{2})(\d{2})(?:t?(\d{2})(\d{2})(?:(\d{2})(?:[.](\d{1,9}))?)?" + _ZONE + ")?"
# A unix time of the years 2001 to 2033 begins with 1; ten digits that begin with 2 may be a date with its hour.
_EPOCH = r"1\d{9}(?:[.]\d{1,6})?|1\d{12}|1\d{15}"
# Two numbers and a year: which of them is the month is the source's to say.
DAY_OR_MONTH_FIRST = r"\s*(\d{1,2})([-/.])(\d{1,2})([-/.])(\d{4})((?:\s.*|[tT]\d.*)?)"
_PARTS = "['y','m','d','h','n','s','f','z']"
_SIGN = "(?:cny|rmb|usd|eur|gbp|brl|jpy|hkd|us\\$|hk\\$|r\\$|[￥¥$€£元])"
WHOLE, AMOUNT = "BIGINT", "DECIMAL(18,4)"


def _folded(sql: str) -> str:
    narrow = _NARROW.replace("'", "''")
    wide = _WIDE.replace("'", "''")
    return f"CASE WHEN strlen({sql}) = length({sql}) THEN {sql} ELSE translate({sql}, '{wide}', '{narrow}') END"


def _let(value: str, name: str, body: str) -> str:
    """`body` with `name` for `value`, worked out once: a macro's parameter is copied to each of its places."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def register(connection: duckdb.DuckDBPyConnection, time_zone: str, *, decimal_comma: bool = False) -> None:
    """Makes the temporary functions of reading for a shop in `time_zone`; `decimal_comma` where its locale writes 1.234,56.

    - `as_instant(text)`: TIMESTAMP in UTC. Without an offset the text is the shop's wall time.
    - `as_amount(text)`: DECIMAL(18,4), rounded half away from zero; `as_whole(text)`: BIGINT, NULL for a fraction.
    - `as_id(text)`: the text without the wrapping that spreadsheets add; `is_broken_id(text)`: digits were lost.
    - `as_truth(text)`: BOOLEAN.
    """
    for macro in _macros(time_zone, decimal_comma=decimal_comma):
        connection.execute(f"CREATE OR REPLACE TEMP MACRO {macro}")


def _macros(time_zone: str, *, decimal_comma: bool) -> list[str]:
    zone = time_zone.replace("'", "''")
    # What is written in Chinese becomes what is written in digits: 2024年1月5日 下午3时02分 → 2024-1-5 下午3:02.
    chinese = (
        "regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(words, "
        r"'\s*年\s*|\s*月\s*', '-', 'g'), '\s*[日号]\s*', ' ', 'g'), '\s*[时点]\s*(\d)', ':\1', 'g'), '\s*[时点]\s*整?\s*$', ':00', 'g'), "
        r"'\s*分\s*(\d)', ':\1', 'g')"
    )
    chinese = rf"regexp_replace({chinese}, '\s*[分秒]\s*$|星期[一二三四五六日天]|周[一二三四五六日天]', '', 'g')"
    half = r"(上午|早上|凌晨|中午|下午|晚上|[ap]\.?m\.?)"
    noon = rf"regexp_extract(words, '{half}', 1)"
    # The half of the day stands before the time or after it; without minutes (3 PM) the hour is on the dot.
    bare = rf"trim(regexp_replace(trim(regexp_replace(words, '\s*{half}\s*', ' ')), '(^|\s)(\d{{1,2}})$', '\1\2:00'))"
    offset = "regexp_extract(p.z, '^([+-])(\\d{2}):?(\\d{2})?', ['s','h','m'])"
    clock = (
        "CASE WHEN noon = '' THEN TRY_CAST(coalesce(nullif(p.h, ''), '0') AS INTEGER) "
        "WHEN TRY_CAST(p.h AS INTEGER) NOT BETWEEN CASE WHEN noon[1] IN ('a', 'p') THEN 1 ELSE 0 END "
        "AND CASE WHEN noon[1] IN ('a', 'p') THEN 12 ELSE 23 END THEN NULL "
        "WHEN noon[1] = 'p' OR noon IN ('下午', '晚上') THEN CASE WHEN TRY_CAST(p.h AS INTEGER) < 12 THEN TRY_CAST(p.h AS INTEGER) + 12 "
        "WHEN TRY_CAST(p.h AS INTEGER) = 12 AND noon = '晚上' THEN NULL ELSE TRY_CAST(p.h AS INTEGER) END "
        "WHEN noon = '中午' THEN CASE WHEN TRY_CAST(p.h AS INTEGER) < 3 THEN TRY_CAST(p.h AS INTEGER) + 12 ELSE TRY_CAST(p.h AS INTEGER) END "
        "WHEN TRY_CAST(p.h AS INTEGER) > 12 THEN NULL ELSE TRY_CAST(p.h AS INTEGER) % 12 END"
    )
    wall = (
        "TRY(make_timestamp(CAST(p.y AS BIGINT), CAST(p.m AS BIGINT), CAST(p.d AS BIGINT), "
        "CAST(hour AS BIGINT), CAST(coalesce(nullif(p.n, ''), '0') AS BIGINT), "
        "CAST(coalesce(nullif(p.s, ''), '0') || '.' || coalesce(nullif(left(p.f, 6), ''), '0') AS DOUBLE)))"
    )
    shift = (
        "to_minutes(CAST(CASE o.s WHEN '-' THEN -1 ELSE 1 END * (CAST(o.h AS INTEGER) * 60 "
        "+ CAST(coalesce(nullif(o.m, ''), '0') AS INTEGER)) AS INTEGER))"
    )
    parts = "parts_of_time(CASE WHEN noon = '' THEN trim(w) ELSE time_without_half(w) END)"
    slow = (
        f"CASE WHEN w = '' THEN NULL WHEN regexp_full_match(w, '{_EPOCH}') THEN instant_of_epoch(w) ELSE "
        f"{_let('half_of_day(w)', 'noon', 'timed(w, noon)')} END"
    )
    return [
        f"folded_text(t) AS trim(regexp_replace({_folded('t')}, '^{_BLANK}+|{_BLANK}+$', '', 'g'))",
        f"in_utc(wall) AS TRY(timezone('UTC', timezone('{zone}', wall)))",
        f"digits_of_time(words) AS {chinese}",
        f"half_of_day(words) AS {noon}",
        f"time_without_half(words) AS {bare}",
        f"parts_of_time(words) AS CASE WHEN regexp_full_match(words, '{_YEAR_FIRST}') THEN regexp_extract(words, '^{_YEAR_FIRST}$', {_PARTS}) "
        f"WHEN regexp_full_match(words, '{_COMPACT}') THEN regexp_extract(words, '^{_COMPACT}$', {_PARTS}) END",
        f"hour_of_parts(p, noon) AS {clock}",
        f"wall_of_parts(p, hour) AS CASE WHEN hour <= 23 THEN {wall} END",
        f"shift_of_offset(o) AS {shift}",
        f"offset_of_parts(p) AS {offset}",
        # An offset beyond 14 hours is none.
        "instant_of_parts(p, noon) AS CASE WHEN p.z = '' THEN in_utc(wall_of_parts(p, hour_of_parts(p, noon))) "
        "WHEN p.z = 'z' THEN wall_of_parts(p, hour_of_parts(p, noon)) "
        "WHEN TRY_CAST(offset_of_parts(p).h AS INTEGER) <= 14 AND TRY_CAST(coalesce(nullif(offset_of_parts(p).m, ''), '0') AS INTEGER) < 60 "
        "THEN TRY(wall_of_parts(p, hour_of_parts(p, noon)) - shift_of_offset(offset_of_parts(p))) END",
        "instant_of_epoch(words) AS TRY(make_timestamp(CAST(CAST(words AS DECIMAL(24,6)) * "
        "CASE length(regexp_extract(words, '^\\d+')) WHEN 10 THEN 1000000 WHEN 13 THEN 1000 ELSE 1 END AS BIGINT)))",
        f"timed(w, noon) AS {_let(parts, 'p', 'instant_of_parts(p, noon)')}",
        f"slow_instant(t) AS {_let('digits_of_time(lower(folded_text(t)))', 'w', slow)}",
        # Nearly all texts are 2024-01-31 18:05:00, with or without a fraction: no expression is matched for them.
        "as_instant(t) AS CASE WHEN strlen(t) = 19 AND t LIKE '____-__-__ __:__:__' "
        "THEN in_utc(TRY_CAST(t AS TIMESTAMP)) ELSE slow_instant(t) END",
        *_numbers(decimal_comma=decimal_comma),
        "plain_id(t) AS CASE WHEN regexp_full_match(t, '=\\s*\".*\"') THEN trim(regexp_extract(t, '^=\\s*\"(.*)\"$', 1)) "
        "WHEN regexp_full_match(t, '''[0-9].*') THEN substr(t, 2) ELSE t END",
        # Only what may be wrapped goes the long way: it begins or ends with a sign below 0, or is not ASCII.
        "as_id(t) AS nullif(CASE WHEN strlen(t) = length(t) AND left(t, 1) >= '0' AND right(t, 1) >= '0' THEN t "
        "ELSE plain_id(folded_text(t)) END, '')",
        "is_broken_id(t) AS coalesce(regexp_full_match(as_id(t), '[+-]?\\d(?:[.,]\\d+)?[eE]\\+\\d{2,3}'), false)",
        "as_truth(t) AS CASE WHEN lower(folded_text(t)) IN ('true', 't', 'yes', 'y', '1', '是', '真', '有') THEN true "
        "WHEN lower(folded_text(t)) IN ('false', 'f', 'no', 'n', '0', '否', '假', '无') THEN false END",
    ]


def _numbers(*, decimal_comma: bool) -> list[str]:
    point, group = (",", ".") if decimal_comma else (".", ",")
    p, g = f"[{point}]", f"[{group}]"
    # A group has three digits.
    grouped = rf"\d{{1,3}}(?:{g}\d{{3}})+(?:{p}\d+)?"
    if decimal_comma:
        grouped = rf"\d{{1,3}}(?:{g}\d{{3}})+{p}\d+|\d{{1,3}}(?:{g}\d{{3}}){{2,}}"
    spaced = rf"\d{{1,3}}(?: \d{{3}})+(?:{p}\d+)?"
    simple = rf"\d+(?:{p}\d*)?|{p}\d+"
    number = rf"(?:{grouped}|{spaced}|{simple})"
    bare = (
        "regexp_replace(regexp_replace(words, "
        f"'^([(]?[+-]?)\\s*{_SIGN}\\s*([+-]?)|\\s*(?:{_SIGN}|件|个)([)]?)$', '\\1\\2\\3', 'g'), '^([+-])\\s+', '\\1')"
    )
    # With a decimal comma 12.50 is no number of the locale, yet nothing else than twelve and a half: databases write so.
    # 1.234 is refused there: it may be either.
    foreign = r"[+-]?(?:\d+[.](?:\d{1,2}|\d{4,})|0[.]\d+)"
    own = " AND (substr(t, -4, 1) <> '.' OR starts_with(t, '0.'))" if decimal_comma else ""
    plain = f"replace(replace(replace(words, '{group}', ''), ' ', ''), '{point}', '.')"
    return [
        f"bare_number(words) AS {bare}",
        f"plain_number(words) AS CASE WHEN regexp_full_match(words, '{foreign}') THEN words "
        f"WHEN regexp_full_match(words, '[+-]?{number}') THEN {plain} "
        f"WHEN regexp_full_match(words, '{number}-') THEN '-' || rtrim({plain}, '-') "
        f"WHEN regexp_full_match(words, '[(]{number}[)]') THEN '-' || trim({plain}, '()') END",
        f"slow_amount(t) AS TRY_CAST({_let('bare_number(lower(folded_text(t)))', 'w', 'plain_number(w)')} AS {AMOUNT})",
        # The engine's own cast takes plain digits as they are; what is ambiguous in the locale goes the long way.
        f"as_amount(t) AS CASE WHEN TRY_CAST(t AS {AMOUNT}) IS NOT NULL{own} THEN TRY_CAST(t AS {AMOUNT}) "
        "ELSE slow_amount(t) END",
        f"as_whole(t) AS CASE WHEN TRY_CAST(t AS {WHOLE}) IS NOT NULL AND NOT contains(t, '.') AND NOT contains(lower(t), 'e') "
        f"THEN TRY_CAST(t AS {WHOLE}) ELSE {_let('as_amount(t)', 'a', f'CASE WHEN a = floor(a) THEN TRY_CAST(a AS {WHOLE}) END')} END",
    ]
