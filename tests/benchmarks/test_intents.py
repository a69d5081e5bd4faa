"""The benchmark of intents on small files."""

import json
from pathlib import Path

import pytest

from benchmarks import intents

KINDS = {"refund": "退款", "logistics": "快递", "invoice": "发票", "size": "尺码"}
ENDINGS = (
    "什么时候到",
    "怎么弄",
    "帮我查下",
    "有问题",
    "在哪看",
    "多久",
    "麻烦快点",
    "不对",
    "能改吗",
    "谢谢",
    "急",
    "呢",
)


def test_figures_of_small_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [(f"{word}{ending}", intent) for intent, word in KINDS.items() for ending in ENDINGS]
    train, test, checked = (tmp_path / name for name in ("train.csv", "test.csv", "checked.csv"))
    train.write_text("text,intent\n" + "".join(f"{text},{intent}\n" for text, intent in rows), encoding="utf-8")
    asked = [("退款到了吗", "refund"), ("快递呢亲", "logistics"), ("发票寄了吗", "size"), ("今天星期几", "oos")]
    test.write_text("text,intent\n" + "".join(f"{text},{intent}\n" for text, intent in asked), encoding="utf-8")
    lines = [f"{n},{intents.hash_of(asked[n][0])},size,invoice,invoice,invoice\n" for n in (2,)]
    checked.write_text("row,text_hash,given,first,second,final\n" + "".join(lines), encoding="utf-8")
    options = ["--train", str(train), "--test", str(test), "--checked", str(checked), "--left-out", "1", "--json"]
    assert intents.main(options) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["fit"]["rows"] == 48 and found["fit"]["intents"] == 4
    assert found["test"]["rows"] == 3 and found["test"]["accuracy"] == pytest.approx(2 / 3, abs=1e-3)
    assert found["checked"]["accuracy"] == 1.0
    assert {"out_of_scope", "left_out", "speed"} <= set(found)


def test_checked_rows_of_another_file_are_refused(tmp_path: Path) -> None:
    test, checked = tmp_path / "test.csv", tmp_path / "checked.csv"
    test.write_text("text,intent\n退款,refund\n", encoding="utf-8")
    checked.write_text("row,text_hash,given,first,second,final\n0,abc,a,a,a,a\n", encoding="utf-8")
    with pytest.raises(ValueError, match="another file"):
        intents.checked(intents.read(test), checked)
