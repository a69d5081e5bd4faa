"""Tables and charts that checks show in the web UI."""

import base64
from datetime import date

from resources.evidence import band_chart, bar_chart, calibration_chart, table


def test_a_table_has_a_line_a_row_and_says_what_is_not_known() -> None:
    rows = [{"model": "ridge", "auc": 0.74213, "rows": 12}, {"model": "recency", "auc": None, "rows": 12}]
    assert table(rows).value.splitlines() == [
        "| model | auc | rows |",
        "| :-- | --: | --: |",
        "| ridge | 0.7421 | 12 |",
        "| recency | – | 12 |",
    ]
    assert table([]).value == "–"


def test_charts_are_pictures_the_web_ui_can_draw() -> None:
    days = [date(2026, 1, day) for day in (1, 2, 3)]
    nan = float("nan")
    charts = [
        calibration_chart(
            [{"predicted": 0.1, "realised": 0.2, "count": 5}, {"predicted": 0.8, "realised": 0.7, "count": 9}]
        ),
        calibration_chart([]),
        bar_chart({"recency": 0.3, "spend": -0.1}, xlabel="contribution"),
        band_chart(days, [1.0, 2.0, nan], [1.5, 1.5, 1.5], [1.0, 1.0, 1.0], [2.0, 2.0, 2.0], ylabel="orders"),
    ]
    head = "![chart](data:image/png;base64,"
    for chart in charts:
        assert chart.value.startswith(head)
        assert base64.b64decode(chart.value.removeprefix(head).removesuffix(")")).startswith(b"\x89PNG")
    assert len({chart.value for chart in charts}) == len(charts)
