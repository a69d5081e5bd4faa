"""What checks show in the web UI: numbers, tables and charts, made of data."""

import base64
from datetime import date

from resources.evidence import Band, Calibration, Evidence, evidence_of, markdown
from resources.fitted import Fitted, Metrics


def test_a_table_has_a_line_a_row_and_says_what_is_not_known() -> None:
    rows = [{"model": "ridge", "auc": 0.74213, "rows": 12}, {"model": "recency", "auc": None, "rows": 12}]
    assert markdown(rows).splitlines() == [
        "| model | auc | rows |",
        "| :-- | --: | --: |",
        "| ridge | 0.7421 | 12 |",
        "| recency | – | 12 |",
    ]
    assert markdown([]) == "–"


def test_charts_are_pictures_the_web_ui_can_draw() -> None:
    days = [date(2026, 1, day) for day in (1, 2, 3)]
    nan = float("nan")
    bins = [{"predicted": 0.1, "realised": 0.2, "count": 5}, {"predicted": 0.8, "realised": 0.7, "count": 9}]
    charts = {
        "calibration": Calibration(bins),
        "empty": Calibration([]),
        "band": Band(days, [1.0, 2.0, nan], [1.5, 1.5, 1.5], [1.0, 1.0, 1.0], [2.0, 2.0, 2.0], "orders"),
    }
    metadata = Evidence(charts=charts).metadata()
    head = "![chart](data:image/png;base64,"
    for name in charts:
        assert metadata[name].value.startswith(head)
        assert base64.b64decode(metadata[name].value.removeprefix(head).removesuffix(")")).startswith(b"\x89PNG")
    assert len({metadata[name].value for name in charts}) == len(charts)


def test_a_fit_shows_its_reason_its_numbers_and_the_tables_a_check_asks_for() -> None:
    metrics = Metrics(
        "ridge beats recency",
        {"purchases": [{"model": "ridge", "rmse": 1.5}], "money": [{"model": "ridge", "rmse": 20.0}]},
        [{"predicted": 0.1, "realised": 0.2, "count": 5}],
        {"error_ratio": 0.8, "unknown": None},
    )
    fitted = Fitted("clv", date(2026, 1, 5), "ridge", {}, metrics, True)
    every, money = evidence_of(fitted).metadata(), evidence_of(fitted, ("money",)).metadata()
    assert every["reason"] == money["reason"] == "ridge beats recency"
    assert every["fitted_as_of"] == "2026-01-05"
    assert every["error_ratio"] == 0.8
    assert "unknown" not in every
    assert {"purchases", "money", "calibration"} <= set(every)
    assert "20" in money["money"].value
    assert not {"purchases", "calibration"} & set(money)
