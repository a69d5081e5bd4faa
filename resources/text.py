"""Words of customers: normalised, told apart from what platforms put where nobody wrote, segmented, tagged.

What is scored keeps every word: stop words (negations among them change what a sentence says) are left out of keywords only.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

LONGEST = 2_000

Word = tuple[str, str]
"""A word and its part of speech."""

HAN = "\u3400-\u9fff\U00020000-\U0003134f"
_HAN = re.compile(f"[{HAN}]")
_CONTROLS = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u2060\ufeff\ufffd\ud800-\udfff]")
_WORDS = re.compile(r"\w+|[^\w\s]")
_FILLING = re.compile(r"[\W_]+")
# What platforms put where a buyer wrote nothing, without its punctuation.
_TEMPLATES = re.compile(
    r"(?:此|该|本)?(?:用户|买家|顾客|会员)?(?:评价方)?(?:没有|未|未能)(?:及时)?(?:填写|做出|作出|发表|留下|写)(?:文字)?(?:评价|评论|内容)(?:内容)?(?:系统)?(?:默认)?(?:给予)?(?:好评)?"
    r"|(?:系统)?(?:自动)?默认(?:好评|评价|给予好评)|\d+天内?(?:买家)?未(?:做出|作出)?评价|(?:好评)+|无评价|暂无评价"
    r"|no (?:comment|review|text)s?(?: left)?|sem comentarios?"
)
# A clause ends at a mark, or before a word that turns the sentence.
_CLAUSE_ENDS = re.compile(
    r"[，。！？；、,!?;~…\n]+|\.(?!\d)|(?=但是|但|不过|就是(?!说)|可惜|只是|然而)|\s(?=(?:but|however|mas|porém)\s)"
)

# The parts of speech that a keyword may have: nouns, verbs, adjectives, idioms, foreign words.
CONTENT_TAGS = frozenset("nvadilzyj")
NEGATIONS = frozenset(
    (
        *("不", "没", "没有", "无", "未", "别", "不是", "不会", "不能", "不要", "不太", "不够", "并不", "毫无", "从不"),
        *("not", "no", "never", "don't", "não", "nao", "nem", "sem"),
    )
)
STOP_WORDS = frozenset(Path(__file__).with_name("stop_words.txt").read_text(encoding="utf-8").split())


def normalised(text: str | None) -> str:
    """A text as it is scored: compatibility forms (full width) folded, simplified characters, lower case, no control characters or
    halves of surrogate pairs, single spaces, at most 2,000 characters. Emoji, punctuation and negations stay."""
    if not isinstance(text, str):
        return ""
    # Folding may lengthen a text, and a very long one is not worth folding whole.
    folded = unicodedata.normalize("NFKC", _CONTROLS.sub(" ", text[: 2 * LONGEST]))
    lines = (" ".join(line.split()) for line in folded.lower().translate(_simplified()).splitlines())
    return "\n".join(line for line in lines if line)[:LONGEST]


def is_template(text: str) -> bool:
    """Whether a normalised text is what a platform puts where a buyer wrote nothing."""
    return _TEMPLATES.fullmatch(_FILLING.sub("", text)) is not None


def has_words(text: str) -> bool:
    """Whether a normalised text holds any letter; digits and marks alone say nothing."""
    return any(character.isalpha() for character in text)


def is_chinese(text: str) -> bool:
    return _HAN.search(text) is not None


def segmented(texts: Iterable[str]) -> list[list[str]]:
    """The words and marks of each normalised text: by jieba's dictionary and hidden Markov model where it is Chinese, else by
    spaces and marks."""
    import rjieba

    return [
        [word for word in rjieba.cut(text) if not word.isspace()] if is_chinese(text) else _WORDS.findall(text)
        for text in texts
    ]


def tagged(text: str) -> list[Word]:
    """Words with their parts of speech (ICTCLAS tags as jieba has them); without Chinese characters every word is `eng`."""
    import rjieba

    if is_chinese(text):
        return [word for word in rjieba.tag(text) if not word[0].isspace()]
    return [(word, "eng" if word[0].isalpha() else "x") for word in _WORDS.findall(text)]


def keywords(words: Sequence[Word]) -> list[Word]:
    """The words that say what a text is about: no stop words, no marks, no single foreign letters."""
    return [
        (word, tag)
        for word, tag in words
        if word not in STOP_WORDS and (tag[0] in CONTENT_TAGS if tag != "eng" else len(word) > 1) and word[0].isalpha()
    ]


def clauses(text: str) -> list[str]:
    """The clauses of a normalised text, split at marks and before words that turn the sentence."""
    return [clause for part in _CLAUSE_ENDS.split(text) if (clause := part.strip())]


@cache
def _simplified() -> dict[int, str]:
    """Traditional characters to simplified ones, by OpenCC's table of single characters."""
    table = files("opencc").joinpath("dictionary/TSCharacters.txt").read_text(encoding="utf-8")
    pairs = dict(line.split("\t") for line in table.splitlines() if line)
    simple = {old: new.split(" ")[0] for old, new in pairs.items() if len(old) == 1}
    # One of them leads to another that is itself to be replaced.
    return {ord(old): simple.get(new, new) for old, new in simple.items()}
