"""What check, init, run and status say is there in every language."""

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from assets.clean.typing import typed
from resources.catalogue import CATALOGUE, in_words
from resources.contract import CONTRACT
from resources.records import Refused
from tests.shop_builder import Bench

ROOT = Path(__file__).resolve().parents[2]
SAYING = [
    path
    for folder in ("resources", "pipelines", "serving", "assets", "data_checks")
    for path in (ROOT / folder).rglob("*.py")
]


def texts(node: ast.expr, constants: dict[str, str]) -> Iterator[str]:
    """A text of the code with x for its fields; nothing where it is put together elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = [
            list(texts(part.value if isinstance(part, ast.FormattedValue) else part, constants)) for part in node.values
        ]
        yield from map("".join, product(*(part or ["x"] for part in parts)))
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body, constants)
        yield from texts(node.orelse, constants)
    elif isinstance(node, ast.Name) and node.id in constants:
        yield constants[node.id]


def sentences() -> Iterator[tuple[str, str]]:
    for path in SAYING:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("ZhikeError", "Unfit", "Broken"):
                for argument in (node.args[0], node.args[2]):
                    yield from ((path.name, text) for text in texts(argument, constants) if text.strip("x /"))


def test_every_sentence_of_an_error_is_in_the_catalogue() -> None:
    found = sorted(set(sentences()))
    assert len(found) > 100
    # A command is one in every language.
    assert [each for each in found if in_words(each[1]).zh == each[1] and not each[1].startswith("export ")] == []


def test_every_reason_of_quarantine_is_in_the_catalogue(tea_house: Bench) -> None:
    shop = tea_house.shop.model_copy(update={"currency": "CNY"})
    for table in CONTRACT.values():
        reasons = re.findall(r"THEN '((?:[^']|'')*)'", typed(table, shop, "rows").rpartition("CASE WHEN refused")[2])
        assert len(reasons) > 2
        assert [
            reason for reason in reasons if re.search("[一-龥]", in_words(reason.replace("''", "'")).zh) is None
        ] == []


def test_a_sentence_within_a_sentence_is_worded_too_and_what_is_quoted_stays() -> None:
    refused = Refused("sales.csv", 32, "the record does not fit its file: it has 3 fields, the header has 7")
    said = in_words(f"{refused.file}, line {refused.line}: {refused.why}")
    assert said.zh == "sales.csv，第 32 行：这条记录和文件对不上：有 3 个字段，表头有 7 个"
    assert in_words("龙井 is what it says").zh == "龙井 is what it says"


def test_the_fields_of_a_sentence_are_those_of_its_translation() -> None:
    for words in CATALOGUE:
        assert sorted(set(re.findall(r"{(\d)}", words.zh))) == [
            str(n) for n in range(len(re.findall(r"(?<!{){}|{{{}}}", words.en)))
        ], words
