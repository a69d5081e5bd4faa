"""The benchmark of sentiment on small made files: its parts are apart, its figures are there."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd

from benchmarks.sentiment import fold_of, split
from resources.home import ROOT
from tests.insights.sentiment.portuguese import reviews


def write(path: Path, seed: int) -> Path:
    texts, stars = reviews(600, seed)
    rows = pd.DataFrame({"text": texts, "label": [int(star > 2) for star in stars], "category": "made"})
    rows.to_csv(path, index=False)
    return path


def test_one_file_is_split_by_text(tmp_path: Path) -> None:
    path = write(tmp_path / "reviews.csv.gz", 1)
    train, test = split(path, path)
    assert not set(train["text"]) & set(test["text"])
    assert len(train) + len(test) == 600
    assert 0.6 < len(train) / 600 < 0.8
    one, other = split(path, write(tmp_path / "other.csv", 2))
    assert len(one) == len(other) == 600


def test_equal_texts_are_in_one_fold() -> None:
    folds = fold_of(["很好", "很 好", "很差", "一般"])
    assert folds[0] == folds[1]
    assert set(folds) <= set(range(5))


def test_the_last_line_holds_the_figures(tmp_path: Path) -> None:
    path = str(write(tmp_path / "reviews.csv", 3))
    command = [sys.executable, "-m", "benchmarks.sentiment", "--train", path, "--test", path, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout.splitlines()[-1])["own_part"]
    assert figures["all"]["accuracy"] > 0.9
    assert set(figures["all"]) == {"rows", "accuracy", "macro_f1", "auc", "brier", "ece"}
    assert figures["made"] == figures["all"]
