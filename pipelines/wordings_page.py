"""docs/wordings.md, every text that shop people or shoppers read, with examples: `python -m pipelines.wordings_page > docs/wordings.md`."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from resources.words import Words

CURRENCY = "CNY"
# An example of each input: much of it, and little.
EXAMPLES: dict[str, tuple[Any, Any]] = {
    "return_share": (0.14, 0.02),
    "recency_to_gap": (2.5, 0.4),
    "age_band": ("30-39", "30-39"),
    "gender": ("female", "male"),
    "region": ("上海", "上海"),
    "occupation": ("教师", "教师"),
    "review_rating": (4.6, 2.5),
    "review_sentiment": (0.6, -0.6),
    "latest_review_sentiment": (0.6, -0.6),
    "purchase_trend": (0.5, -0.5),
}
USUAL_DAYS, USUAL_COUNT, USUAL_MONEY = (120, 20), (12, 3), (1477.0, 96.5)


def page() -> str:
    """The page: for a reader of each language, to be read through."""
    lines = [
        "# Wordings · 文案",
        "",
        "Every text that shop people or shoppers read, made by the code itself with example values: `python -m pipelines.wordings_page > docs/wordings.md`.",
        "Texts to shoppers say 您; texts to the back office say 客户. An arrow says whether a reason raises (↑) or lowers (↓) the chance of a purchase.",
    ]
    for title, rows in (
        ("Reasons of purchase and churn · 购买与流失的原因", _predictions()),
        ("Reasons of a visit · 访问的原因", _sessions()),
        ("Reasons of recommendations, to shoppers · 推荐理由（面向顾客）", _recommendations()),
        (
            "RFM classes and lifecycle groups, with example cut points · RFM 类别与生命周期分组（示例分界点）",
            _classes(),
        ),
        ("Names of segments · 客群名称", _segments()),
        ("Values of channels and attributes · 渠道与属性取值", _values()),
    ):
        lines += ["", f"## {title}", "", "| | 中文 | English |", "| --- | --- | --- |"]
        lines += [f"| {about} | {words.zh} | {words.en} |" for about, words in rows]
    return "\n".join(lines) + "\n"


def _predictions() -> Iterator[tuple[str, Words]]:
    from assets.insights.predictions.methods.reasons import worded
    from assets.insights.predictions.methods.wording import ABSENT, FRESH_DAYS, NOTHING, UNKNOWN, WORDINGS

    for name, wording in WORDINGS.items():
        money = name.startswith("spend") or name == "monetary_value"
        high, low = EXAMPLES.get(name, USUAL_MONEY if money else USUAL_DAYS if name.endswith("_days") else USUAL_COUNT)
        yield f"{name}, much", worded(name, True, high, CURRENCY)
        yield f"{name}, little", worded(name, False, low, CURRENCY)
        if wording.fresh:
            yield f"{name}, within {FRESH_DAYS} days", worded(name, False, FRESH_DAYS, CURRENCY)
        if wording.zero:
            yield f"{name}, none", wording.zero
        if name in ABSENT:
            yield f"{name}, not known", ABSENT[name]
    yield "anything else, not known", UNKNOWN
    yield "nothing stands out", NOTHING


def _sessions() -> Iterator[tuple[str, Words]]:
    from assets.insights.sessions.methods.wording import WORDS, phrase

    for name in WORDS:
        yield name, phrase(name, "mini_program" if name == "channel" else 3)
        yield f"{name}, none", phrase(name, None if name in ("channel", "since_order_days") else 0)


def _recommendations() -> Iterable[tuple[str, Words]]:
    from assets.insights.recommendations.methods import wording

    one, two = "搪瓷碗 Enamel bowl", "铜壶 Copper kettle"
    yield "goes with", Words(*wording.because([one], bought=True))
    yield "goes with two", Words(*wording.because([one, two], bought=False))
    for shared in (["category"], ["brand"], ["category", "brand"]):
        yield (
            f"same {', '.join(shared)}",
            Words(*wording.because_alike(one, shared, are_called_alike=False, bought=True)),
        )
    yield "called alike", Words(*wording.because_alike(one, [], are_called_alike=True, bought=False))
    yield "nothing that a person would see", Words(*wording.BY_TASTE)
    yield "looked at itself", Words(*wording.LOOKED_AT_ITSELF)
    yield "like customers", Words(*wording.of_others(own_group=True))
    yield "everybody", Words(*wording.of_others(own_group=False))
    yield "to buy again, often bought", Words(*wording.rebuy_words(4, 40, 35))
    yield "to buy again, bought once", Words(*wording.rebuy_words(1, 40, 35))


def _classes() -> Iterator[tuple[str, Words]]:
    from assets.features.methods.cut_points import CutPoints
    from assets.insights.rfm.methods.classes import meanings

    for row in meanings(CutPoints([22, 62, 102, 199], [1, 2, 3, 6], [80, 180, 430, 1100], False), CURRENCY).to_dict(
        "records"
    ):
        yield row["kind"], Words(f"{row['name_zh']}：{row['meaning_zh']}", f"{row['name_en']}: {row['meaning_en']}")


def _segments() -> Iterator[tuple[str, Words]]:
    import pandas as pd

    from assets.insights.segments.methods.wording import at_the_edge, name_segments

    recency, frequency, spend = (
        ((4, 5), (3, 5), (1, 2), (1, 3)),
        ((4, 5), (2, 5), (1, 1), (1, 3)),
        ((4, 5), (3, 5), (1, 2), (1, 3)),
    )
    claims = [
        dict(zip(("r_score", "f_score", "m_score"), each, strict=True)) for each in product(recency, frequency, spend)
    ]
    profile = pd.DataFrame({"recency": [0.0] * len(claims), "frequency": 0.0, "spend": 0.0})
    for of, name in zip(claims, name_segments(claims, profile), strict=True):
        yield " ".join(f"{score[0].upper()}{low}–{high}" for score, (low, high) in of.items()), name
    twins = pd.DataFrame({"recency": [0.0, 0.0], "frequency": [0.0, 0.0], "spend": [1.0, -1.0]})
    for name in name_segments(claims[:1] * 2, twins):
        yield "two segments of one name", name
    yield "who does not fit", at_the_edge(name_segments(claims[:1], profile[:1])[0])


def _values() -> Iterator[tuple[str, Words]]:
    from resources.values import NAMES

    yield from NAMES.items()


def main() -> None:
    print(page(), end="")


if __name__ == "__main__":
    main()
