"""Intents of single messages: what is read, what is refused, what is kept in a file, and how honest probabilities are."""

from pathlib import Path

import numpy as np
import pytest

from assets.insights.service.methods import figures
from assets.insights.service.methods.fitting import Recipe, fit, tempered
from assets.insights.service.methods.intents import IntentModel, softmax
from assets.insights.service.methods.starter import sentences, trained
from assets.insights.service.methods.study import fit_on_labels
from resources.errors import NotEnough
from resources.learning.weights import read_arrays, write_arrays

KINDS = {
    "refund": ["我要退款", "退款什么时候到账", "钱什么时候退给我", "申请退款了还没处理", "退款怎么还没到"],
    "logistics": ["快递到哪了", "物流怎么不动了", "快递几天能到", "帮我查下物流", "发的什么快递"],
    "size": ["尺码怎么选", "身高170穿多大", "偏大还是偏小", "穿什么码合适", "有大码吗"],
    "invoice": ["能开发票吗", "发票抬头写错了", "电子发票怎么下载", "开专票要什么资料", "发票没收到"],
}
RECIPE = (Recipe("squared", 1.0, 0.5),)


@pytest.fixture(scope="module")
def installed() -> IntentModel:
    return trained().model


def first(model: IntentModel, text: str, previous: str = "") -> str:
    return model.read([text], [previous])[0].ranked[0][0]


def small(**extra: list[str]) -> IntentModel:
    pairs = [(text, kind) for kind, texts in (KINDS | extra).items() for text in texts]
    return fit([text for text, _ in pairs], [kind for _, kind in pairs], recipes=RECIPE).model


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("我的快递到哪里啦", "logistics"),
        ("想退货，怎么操作", "return"),
        ("不想退了", "change_order"),
        ("我不退了哈，麻烦取消申请", "change_order"),
        ("退款多久到账", "refund"),
        ("能开发票不", "invoice"),
        ("轉人工客服", "human"),
        ("ＸＬ有貨嗎", "stock"),
        ("where is my parcel", "logistics"),
        ("not returning it after all, I will keep it", "change_order"),
        ("can I get my money back", "refund"),
        ("退货 how to return?", "return"),
    ],
)
def test_the_model_as_installed_reads_both_languages_and_wishes_taken_back(
    installed: IntentModel, text: str, intent: str
) -> None:
    assert first(installed, text) == intent


def test_three_are_named_with_falling_probabilities(installed: IntentModel) -> None:
    (reading,) = installed.read(["优惠券怎么退款"])
    assert len({intent for intent, _ in reading.ranked}) == 3
    chances = [p for _, p in reading.ranked]
    assert chances == sorted(chances, reverse=True) and sum(chances) <= 1.001


@pytest.mark.parametrize("text", ["", "   ", "😡😡", "!!!???", "12345", "ﷺ ﷺ"])
def test_what_says_nothing_is_out_of_scope(installed: IntentModel, text: str) -> None:
    (reading,) = installed.read([text])
    assert not reading.is_in_scope and not reading.is_sure


def test_a_very_long_message_is_read(installed: IntentModel) -> None:
    (reading,) = installed.read(["我要退款，" * 1_000])
    assert reading.ranked[0][0] == "refund"


def test_the_message_before_counts() -> None:
    texts = ["好的"] * 40
    previous = ["要退款吗", "帮您查物流吗"] * 20
    labels = ["refund", "logistics"] * 20
    model = fit(texts, labels, previous, RECIPE).model
    assert first(model, "好的", "要退款吗") == "refund"
    assert first(model, "好的", "帮您查物流吗") == "logistics"


def test_a_model_in_a_file_reads_the_same(installed: IntentModel, tmp_path: Path) -> None:
    name = write_arrays(tmp_path, installed.arrays())
    again = IntentModel.from_arrays(read_arrays(tmp_path, name))
    asked = ["怎么退货", "hello", "快递单号发我", "", "今天天气不错"]
    assert again.read(asked) == installed.read(asked)


def test_a_batch_reads_as_one_by_one(installed: IntentModel) -> None:
    asked = ["怎么退货", "where is my order", "😀", "发票 invoice"]
    assert installed.read(asked) == [installed.read([text])[0] for text in asked]
    assert installed.read([]) == []


def test_the_same_rows_give_the_same_model() -> None:
    one, other = small().arrays(), small().arrays()
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_starter_sentences_are_many_and_of_one_intent_each() -> None:
    texts, intents = sentences()
    pairs = set(zip(texts, intents, strict=True))
    assert len({text for text, _ in pairs}) == len(pairs)
    assert len(set(intents)) == 16
    assert all(intents.count(intent) >= 120 for intent in set(intents))


def _drawn(wrong: float, rows: int = 6_000, classes: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Scores of a model that is right about its own chances, and labels of which some are drawn anew."""
    random = np.random.default_rng(3)
    scores = random.normal(size=(rows, classes)) * 2.0
    chances = softmax(scores).cumsum(axis=1)
    labels = (random.random((rows, 1)) > chances).sum(axis=1).clip(max=classes - 1)
    redrawn = random.random(rows) < wrong
    labels[redrawn] = random.integers(0, classes, redrawn.sum())
    return scores / 2.0, labels


@pytest.mark.parametrize("wrong", [0.0, 0.3])
def test_temperature_and_share_of_wrong_labels_are_found_again(wrong: float) -> None:
    temperature, found = tempered(*_drawn(wrong))
    assert temperature == pytest.approx(2.0, rel=0.15)
    assert found == pytest.approx(wrong, abs=0.04)


def test_a_promised_precision_holds_on_rows_that_did_not_set_it() -> None:
    scores, labels = _drawn(0.0, rows=20_000)
    chances = softmax(scores * 2.0)
    highest, right = chances.max(axis=1), chances.argmax(axis=1) == labels
    from_here = figures.threshold_of(highest[::2], right[::2], 0.95)
    later = highest[1::2] >= from_here
    low, high = figures.wilson(int(right[1::2][later].sum()), int(later.sum()))
    assert later.sum() > 100 and low <= 0.95 <= high


def test_too_few_labelled_messages_say_what_is_needed() -> None:
    with pytest.raises(NotEnough, match="200 labelled messages"):
        fit_on_labels(["退款"] * 50, ["refund"] * 50, [""] * 50)


def test_labels_that_say_nothing_are_not_put_in_force() -> None:
    texts = [text for texts in KINDS.values() for text in texts] * 15
    random = np.random.default_rng(5)
    labels = ["most" if draw < 0.8 else "few" for draw in random.random(len(texts))]
    found = fit_on_labels(texts, labels, [""] * len(texts))
    assert not found.is_accepted and "most" in found.reason


def test_labels_that_hold_are_put_in_force() -> None:
    pairs = [(f"{text}{ending}", kind) for ending in ("", "呀", "？", "谢谢", "亲", "啊", "在吗", "急", "吗", "了", "呢", "哦")
             for kind, texts in KINDS.items() for text in texts]  # fmt: skip
    found = fit_on_labels([text for text, _ in pairs], [kind for _, kind in pairs], [""] * len(pairs))
    assert found.is_accepted and found.holdout[0]["accuracy"] > 0.9
