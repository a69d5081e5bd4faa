"""A text that shop people read, in every language of the product, each written by hand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """One text in Chinese and English. It unpacks as the languages, in the order of its fields."""

    zh: str
    en: str

    # How pydantic reads it in store.yaml: the languages, nothing else.
    __pydantic_config__ = {"extra": "forbid"}

    def __iter__(self) -> Iterator[str]:
        # Not astuple, which copies every text: reasons are put together by the million.
        return iter(vars(self).values())

    def __add__(self, other: "Words") -> "Words":
        return Words(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def __bool__(self) -> bool:
        return any(self)

    def format(self, *values: object, **named: object) -> "Words":
        """Every text with its fields filled in; a value that is itself Words gives each language its own."""
        return Words(*(_filled(text, language, values, named) for language, text in enumerate(self)))

    @staticmethod
    def join(parts: "Iterable[Words]", between: "Words | None" = None) -> "Words":
        """Texts one after the other, with `between` (a semicolon) between them."""
        texts = list(parts)
        languages = zip(*texts, strict=True) if texts else [()] * len(tuple(NOTHING))
        return Words(*(mark.join(text) for mark, text in zip(between or SEMICOLON, languages, strict=True)))


def language_of(locale: str) -> str:
    """The language of the product in which people of a locale read: its field in Words."""
    return "zh" if locale.lower().startswith("zh") else "en"


NOTHING = Words("", "")
# Before a reason: whether it raises or lowers what is predicted.
RAISES, LOWERS = Words("↑ ", "↑ "), Words("↓ ", "↓ ")
SEMICOLON = Words("；", "; ")


def _filled(text: str, language: int, values: tuple[object, ...], named: dict[str, object]) -> str:
    def own(value: object) -> object:
        return tuple(value)[language] if isinstance(value, Words) else value

    return text.format(*map(own, values), **{name: own(value) for name, value in named.items()})
