"""What customers ask service, and how it is answered."""

from collections.abc import Mapping, Sequence
from typing import Any

from assets.outreach.report.methods.parts import Cell, Figure, Grid, Quote, Section, Sentence, count, noun, say, share
from resources.words import Words

SHOWN = 8
RULES = (
    Words(
        "“平时”是之前最多十二周的每周均值，二十周里有十九周落在范围内；相差三个标准差以上才算异常。",
        "The usual is the mean of up to twelve weeks before, with the range in which 19 weeks of 20 lie; only three standard deviations count as unusual.",
    ),
    Words(
        "“没有再找人工”：机器人回复后 24 小时内，客户没有要求人工，也没有人工回复过；未满 24 小时的会话不算。",
        "“Needed no person”: within 24 hours of the bot the customer asked for nobody and nobody of the staff wrote; younger conversations do not count.",
    ),
)


def section(
    quality: Sequence[Mapping[str, Any]], reasons: Sequence[Mapping[str, Any]], gaps: Sequence[Mapping[str, Any]]
) -> Section | None:
    """The section of a week's conversations, reasons of the shop as a whole, and questions without an answer; None without a conversation."""
    if not quality:
        return None
    sentences = [answered(quality[0]), *moved(reasons)]
    if gaps:
        sentences.append(gap(gaps[0]))
    asked = [row for row in reasons if row["conversation_count"]]
    return Section(
        "service",
        Words("客户问了什么", "What customers asked"),
        sentences,
        grids=[of_reasons(asked[:SHOWN])] if asked else [],
        quotes=[Quote(Words(row["intent_zh"], row["intent_en"]), row["question"]) for row in gaps[:3]],
        rules=RULES,
    )


def answered(row: Mapping[str, Any]) -> Sentence:
    """How many conversations there were, how fast the first reply came, and how many the bot answered alone."""
    fields: dict[str, Figure | Sentence | Words | str] = {
        "conversations": count(row["conversation_count"], "service.conversations"),
        "noun": noun(row["conversation_count"], "conversation"),
    }
    zh, en = "本周 {conversations} 次会话", "{conversations} {noun} this week"
    if row["first_reply_median_seconds"] is not None:
        fields["reply"] = seconds(row["first_reply_median_seconds"], "service.first_reply")
        zh, en = zh + "，一半在 {reply}内得到首次回复", en + ", half of them answered within {reply}"
    if row["settled_count"]:
        fields["settled"] = count(row["settled_count"], "service.settled")
        fields["deflected"] = share(row["deflected_share"], "service.deflected")
        zh += "；机器人回复过的 {settled} 次里，{deflected} 没有再找人工"
        en += "; of {settled} that the bot answered, {deflected} needed no person"
    return say(zh + "。", en + ".", **fields)


def moved(reasons: Sequence[Mapping[str, Any]]) -> list[Sentence]:
    """The reasons that are asked far more or less than usual; or that none is."""
    told = [row for row in reasons if row["usual_count"] is not None]
    if not told:
        return []
    unusual = [row for row in told if row["is_unusual"]]
    if not unusual:
        return [say("各类问题的次数都在正常范围内。", "Every reason to ask is within the usual.")]
    return [
        say(
            "“{name}”{change}：{now} 次，平时每周约 {usual} 次。",
            "{name}: {change}, {now} against about {usual} a week usually.",
            name=_name(row),
            change=_change(row),
            now=count(row["conversation_count"], "service.reason", row["intent"]),
            usual=_mean(row),
        )
        for row in unusual
    ]


def gap(row: Mapping[str, Any]) -> Sentence:
    return say(
        "知识库还答不了的问题里，四周内问得最多的是“{question}”，{times} 次。",
        "Of the questions that no answer is there for, “{question}” was asked most in four weeks: {times} times.",
        question=row["question"],
        times=count(row["conversation_count"], "service.gap", row["place"]),
    )


def of_reasons(reasons: Sequence[Mapping[str, Any]]) -> Grid:
    rows: list[list[Cell]] = [
        [
            _name(row),
            count(row["conversation_count"], "service.reason", row["intent"]),
            _mean(row) if row["usual_count"] is not None else None,
            _verdict(row),
        ]
        for row in reasons
    ]
    columns = (
        Words("问题", "Reason"),
        Words("本周会话", "Conversations this week"),
        Words("平时每周", "Usual a week"),
        Words("判断", "Verdict"),
    )
    return Grid(Words("客户为什么找客服（本周）", "Why customers turned to service this week"), columns, rows)


def seconds(value: float, query: str) -> Figure:
    """45 秒, 45 seconds; from two minutes on in minutes, from two hours on in hours. Each unit has a query of its own."""
    if value < 120:
        return Figure(float(value), Words(f"{value:.0f} 秒", f"{value:.0f} seconds"), query)
    if value < 7_200:
        return Figure(value / 60, Words(f"{value / 60:.0f} 分钟", f"{value / 60:.0f} minutes"), f"{query}_minutes")
    return Figure(value / 3600, Words(f"{value / 3600:.0f} 小时", f"{value / 3600:.0f} hours"), f"{query}_hours")


def _mean(row: Mapping[str, Any]) -> Figure:
    shown = f"{row['usual_count']:.1f}"
    return Figure(float(row["usual_count"]), Words(shown, shown), "service.reason_usual", row["intent"])


def _name(row: Mapping[str, Any]) -> Words:
    return Words(row["intent_zh"], row["intent_en"])


def _change(row: Mapping[str, Any]) -> Words:
    if row["conversation_count"] > row["usual_count"]:
        return Words("明显增多", "far more than usual")
    return Words("明显减少", "far fewer than usual")


def _verdict(row: Mapping[str, Any]) -> Words:
    if row["usual_count"] is None:
        return Words("历史不足，暂不判断", "too little history to tell")
    if row["is_unusual"]:
        return _change(row)
    if row["conversation_count"] > row["usual_count_high"]:
        return Words("偏高", "above the usual")
    return (
        Words("偏低", "below the usual")
        if row["conversation_count"] < row["usual_count_low"]
        else Words("正常", "within the usual")
    )
