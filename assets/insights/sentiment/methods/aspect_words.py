"""The lists of words by which aspects are known: the built-in ones, changed by a shop's settings."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

if TYPE_CHECKING:
    from resources.settings import AspectWords

PATH = Path(__file__).with_name("aspects.yaml")


class Aspect(NamedTuple):
    zh: str
    en: str
    words: list[str]


@cache
def _built_in() -> dict[str, Aspect]:
    lists = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    return {
        name: Aspect(entry["zh"], entry["en"], sorted({word for line in entry["words"] for word in line.split()}))
        for name, entry in lists.items()
    }


def aspect_lists(of_shop: "Mapping[str, AspectWords]") -> dict[str, Aspect]:
    """By aspect: a shop's list takes the place of one of the same name, stands beside the others, or, without words, takes it away."""
    lists = dict(_built_in())
    for name, entry in of_shop.items():
        lists[name] = Aspect(entry.zh, entry.en, sorted({word.lower() for word in entry.words}))
    return {name: aspect for name, aspect in lists.items() if aspect.words}
