"""The command judges any log, says why it cannot, and its simulation compares like with like."""

import gzip
import json
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks import clv


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    random = np.random.default_rng(0)
    lines = []
    for customer in range(600):
        day = date(2024, 1, 1) + timedelta(days=int(random.integers(0, 120)))
        for _ in range(random.geometric(0.4)):
            lines.append(f"c{customer},{day},{random.gamma(4, 10):.2f}\n")
            day += timedelta(days=int(random.exponential(40)) + 1)
    path = tmp_path_factory.mktemp("logs") / "log.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(["customer_id,date,value\n", *lines])
    return path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["clv", *arguments])
    return clv.main()


def test_a_gzipped_log_is_judged(log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    code = run(monkeypatch, "--log", str(log), "--calibration-end", "2024-06-30", "--horizon-days", "90", "--json")

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0
    assert [fit["model"] for fit in figures["fits"]] == ["bgnbd", "mbgnbd", "nbd"]
    assert {"naive: own rate", "naive: same again"} <= {row["model"] for row in figures["purchases"]}
    assert figures["cumulative"][-1]["day"] == "2024-09-28"
    assert figures["spend_fit"]["method"] == "gamma-gamma"


def test_a_log_without_money_is_judged_on_purchases(log: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.csv"
    with gzip.open(log, "rt", encoding="utf-8") as file:
        plain.write_text("".join(line.rsplit(",", 1)[0] + "\n" for line in file), encoding="utf-8")

    with clv.open_log(plain) as connection:
        figures = clv.judge_log(connection, date(2024, 6, 30), 90)
    assert "purchases" in figures
    assert "money" not in figures


def test_too_little_history_is_said(log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    for day, message in (("2024-01-14", "not enough history"), ("2020-01-01", "not enough history")):
        assert run(monkeypatch, "--log", str(log), "--calibration-end", day, "--horizon-days", "30") == 1
        assert message in capsys.readouterr().err


def test_missing_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("user,date\na,2024-01-01\n", encoding="utf-8")

    with pytest.raises(ValueError, match="needs columns customer_id and date"):
        clv.open_log(path)


def test_the_simulation_finds_the_same_parameters_on_groups() -> None:
    figures = clv.run_simulation(5_000)

    assert figures["largest_difference"] < 1e-5
    assert figures["unsound_scores"] == 0
    assert figures["groups"] < 5_000
