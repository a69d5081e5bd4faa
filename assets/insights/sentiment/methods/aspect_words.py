"""The lists of words by which aspects are known: the built-in ones, changed by a shop's settings."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from resources.shop import AspectWords

PATH = Path(__file__).with_name("aspects.yaml")


@cache
def _built_in() -> dict[str, AspectWords]:
    lists = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    return {
        name: AspectWords(
            zh=entry["zh"], en=entry["en"], words=sorted({word for line in entry["words"] for word in line.split()})
        )
        for name, entry in lists.items()
    }


def aspect_lists(of_shop: Mapping[str, AspectWords]) -> dict[str, AspectWords]:
    """By aspect: a shop's list takes the place of one of the same name, stands beside the others, or, without words, takes it away."""
    lists = dict(_built_in())
    for name, entry in of_shop.items():
        lists[name] = entry.model_copy(update={"words": sorted({word.lower() for word in entry.words})})
    return {name: aspect for name, aspect in lists.items() if aspect.words}
