"""The benchmark of re-buying on UCI Online Retail: its rows, its bars, and that nothing sees the window."""

import json
import os
from pathlib import Path

import pytest

from benchmarks.rebuy import main

RETAIL = Path(os.environ.get("ZHIKE_DATA", "")) / "uci_online_retail" / "online_retail.parquet"


@pytest.mark.skipif(not RETAIL.exists(), reason="ZHIKE_DATA does not hold uci_online_retail")
def test_buys_again_within_90_days(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])["usual_rows"]
    assert (found["customers"], found["rate"]) == (3370, 0.57)
    assert found["train_rates"] == [0.559, 0.531, 0.514, 0.477]
    models = {row["model"]: row for row in found["models"]}
    taken = models[found["taken"]]
    assert 0.742 <= taken["auc"] < 0.9
    assert taken["ece"] <= 0.05
    assert taken["auc"] > max(models[name]["auc"] for name in ("recency", "frequency", "logistic_rfm", "bgnbd"))
