"""What customers say in their reviews."""

from collections.abc import Mapping, Sequence
from typing import Any

from assets.outreach.report.methods.parts import Cell, Grid, Quote, Section, Sentence, count, listed, noun, say, share
from resources.words import Words

# A change of fewer standard errors is within the usual: one in twenty is larger by chance.
NOISE, FEWEST = 1.96, 10
QUOTED = 3
RULES = (
    Words(
        "“现在”为近四周，“之前”为再往前的十二周。前后变化不超过抽样误差（95%）的算正常；提及不足 10 次的不判断。",
        "“Now” are the last four weeks, “before” the twelve before them. A change within the error of sampling (95%) is usual; of fewer than 10 mentions nothing is said.",
    ),
    Words(
        "只算能看出态度的评价；原话中的个人信息已隐去。",
        "Only reviews with an opinion count; personal details in quotes are masked.",
    ),
)


def section(now_and_before: Sequence[Mapping[str, Any]], aspects: Sequence[Mapping[str, Any]]) -> Section | None:
    """The section of the reviews of four weeks and of the twelve before, and of each aspect; None without a review in the four weeks."""
    now = next((row for row in now_and_before if row["is_now"]), None)
    if now is None or not now["reviews"]:
        return None
    before = next((row for row in now_and_before if not row["is_now"]), None)
    sentences = [satisfaction(now, before)]
    if aspects:
        sentences += changes(aspects)
        blamed = min(aspects, key=_by_blame)
        sentences += [complaint(blamed)] if blamed["blamed_count"] else []
    return Section(
        "voice",
        Words("客户怎么说", "What customers say"),
        sentences,
        grids=[of_aspects(aspects)] if aspects else [],
        quotes=quotes(aspects),
        rules=RULES,
    )


def satisfaction(now: Mapping[str, Any], before: Mapping[str, Any] | None) -> Sentence:
    """The share of praise now, against before, by the error of two samples."""
    fields = {
        "reviews": count(now["reviews"], "voice.reviews"),
        "noun": noun(now["reviews"], "review"),
        "share": share(now["positive"] / now["reviews"], "voice.positive"),
    }
    if before is None or not before["reviews"]:
        return say(
            "近四周 {reviews} 条评价，好评占 {share}。", "Of {reviews} {noun} in four weeks, {share} praise.", **fields
        )
    pooled = (now["positive"] + before["positive"]) / (now["reviews"] + before["reviews"])
    error = (pooled * (1 - pooled) * (1 / now["reviews"] + 1 / before["reviews"])) ** 0.5
    change = now["positive"] / now["reviews"] - before["positive"] / before["reviews"]
    said = _change(change / error if error else 0.0)
    return say(
        "近四周 {reviews} 条评价，好评占 {share}，之前为 {before}：{said}。",
        "Of {reviews} {noun} in four weeks, {share} praise, against {before} before: {said}.",
        **fields,
        before=share(before["positive"] / before["reviews"], "voice.positive_before"),
        said=said,
    )


def _by_blame(row: Mapping[str, Any]) -> tuple[int, str]:
    return (-row["blamed_count"], row["aspect"])


def _change(z: float) -> Words:
    if abs(z) < NOISE:
        return Words("变化在正常波动内", "within the usual")
    return Words("明显上升", "a clear rise") if z > 0 else Words("明显下降", "a clear fall")


def changes(aspects: Sequence[Mapping[str, Any]]) -> list[Sentence]:
    """The aspects that are praised clearly more or less than before; or that none is."""
    told = [row for row in aspects if _is_told(row)]
    if not told:
        return []
    said = []
    for is_rise, zh, en in (
        (False, "好评率明显下降的方面：{names}。", "Praised clearly less than before: {names}."),
        (True, "好评率明显上升的方面：{names}。", "Praised clearly more than before: {names}."),
    ):
        names = [
            Words(row["aspect_zh"], row["aspect_en"])
            for row in told
            if abs(row["z"]) >= NOISE and (row["z"] > 0) == is_rise
        ]
        if names:
            said.append(say(zh, en, names=listed(names)))
    return said or [say("各方面的好评率都在正常波动内。", "The praise of every aspect is within the usual.")]


def _is_told(row: Mapping[str, Any]) -> bool:
    return row["z"] is not None and min(row["mention_count"], row["mention_count_before"]) >= FEWEST


def complaint(row: Mapping[str, Any]) -> Sentence:
    return say(
        "批评最多的是{name}：{blamed} 条，占提到它的 {mentions} 条中的 {share}。",
        "Blamed most: {name}, by {blamed} of the {mentions} that speak of it ({share}).",
        name=Words(row["aspect_zh"], row["aspect_en"]),
        blamed=count(row["blamed_count"], "voice.blamed", row["aspect"]),
        mentions=count(row["mention_count"], "voice.mentions", row["aspect"]),
        share=share(row["blamed_count"] / row["mention_count"], "voice.blamed_share", row["aspect"]),
    )


def of_aspects(aspects: Sequence[Mapping[str, Any]]) -> Grid:
    rows: list[list[Cell]] = []
    for row in aspects:
        key = row["aspect"]
        before = row["praised_share_before"]
        rows.append(
            [
                Words(row["aspect_zh"], row["aspect_en"]),
                count(row["mention_count"], "voice.mentions", key),
                share(row["praised_share"], "voice.praised_share", key),
                share(before, "voice.praised_share_before", key) if before is not None else None,
                count(row["blamed_count"], "voice.blamed", key),
                _change(row["z"]) if _is_told(row) else Words("提及太少，不判断", "too few mentions to tell"),
            ]
        )
    columns = (
        Words("方面", "Aspect"),
        Words("提及", "Mentions"),
        Words("好评率（现在）", "Praise now"),
        Words("好评率（之前）", "Praise before"),
        Words("批评", "Blame"),
        Words("变化", "Change"),
    )
    return Grid(Words("评价里说到的方面（近四周）", "What reviews speak of, in four weeks"), columns, rows)


def quotes(aspects: Sequence[Mapping[str, Any]]) -> list[Quote]:
    """A complaint in its own words of each of the aspects that are blamed most."""
    blamed = sorted((row for row in aspects if row["quotes"]), key=_by_blame)
    return [Quote(Words(row["aspect_zh"], row["aspect_en"]), row["quotes"][0]) for row in blamed[:QUOTED]]
