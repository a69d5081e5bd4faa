"""The benchmark of labelled tables: any table of two outcomes, and the published one where it is there."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.propensity import folds, learner, main, read
from resources.learning.metrics import auc

SHOPPERS = Path(os.environ.get("ZHIKE_DATA", "")) / "online_shoppers" / "online_shoppers_intention.csv.gz"


def figures(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, dict[str, float]]:
    main([*arguments, "--json"])
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    return {row["model"]: row for row in found["models"]}


def test_any_table_of_two_outcomes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"id": [f"a{n}" for n in range(400)], "x": rng.normal(size=400), "noise": rng.random(400)})
    table["left"] = np.where(table["x"] + rng.normal(size=400) > 0.8, "Yes", "No")
    table["answer"] = table["left"]
    table.to_csv(tmp_path / "table.csv.gz", index=False)
    found = figures(capsys, "--data", str(tmp_path / "table.csv.gz"), "--label", "left", "--drop", "answer")
    assert found["mean rate"]["auc"] == 0.5
    assert found["logistic"]["auc"] > 0.75
    features, y = read(tmp_path / "table.csv.gz", "left", ["answer"])
    assert list(features) == ["x", "noise"]
    assert y.mean() == (table["left"] == "Yes").mean()
    with pytest.raises(SystemExit, match="has no column sold"):
        read(tmp_path / "table.csv.gz", "sold", [])


@pytest.mark.skipif(not SHOPPERS.exists(), reason="ZHIKE_DATA does not hold online_shoppers")
def test_online_shoppers_without_page_values() -> None:
    frame, y = read(SHOPPERS, "Revenue", ["PageValues"])
    found = [
        auc(y[test], learner("boosting")(frame.iloc[train].reset_index(drop=True), y[train], frame.iloc[test]))
        for train, test in folds(y)
    ]
    assert 0.782 <= np.mean(found) < 0.9
