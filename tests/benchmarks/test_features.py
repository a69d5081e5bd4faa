"""The features a benchmark times are the right ones: by hand on ten events, and equal in SQL and pandas on 20,000."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.features import (
    AS_OF,
    build_features,
    build_features_in_pandas,
    checksum,
    differing_rows,
    generate_events,
)

TEN_EVENTS = [
    # One session across midnight, then one that begins exactly 30 minutes after its last event.
    (1, 10, "view", 0, "2025-03-09 23:50:00"),
    (1, 10, "cart", 0, "2025-03-10 00:10:00"),
    (1, 11, "purchase", 250, "2025-03-10 00:39:59.999"),
    (1, 10, "view", 0, "2025-03-10 01:09:59.999"),
    # A millisecond short of 30 minutes is the same session; purchases just outside and on the edge of seven days.
    (2, 20, "purchase", 1000, "2025-03-24 23:30:00.001"),
    (2, 20, "purchase", 300, "2025-03-25 00:00:00"),
    (2, 21, "view", 0, "2025-03-25 00:00:00"),
    # Only looked, once within 90 days and once before.
    (3, 30, "view", 0, "2024-12-31 23:59:59"),
    (3, 30, "view", 0, "2025-01-01 00:00:00"),
    (3, 30, "cart", 0, "2025-03-31 23:59:59"),
]
EXPECTED = {
    "user_id": [1, 2, 3],
    "recency_days": [22, 7, None],
    "frequency": [1, 2, 0],
    "monetary": [250, 1300, 0],
    "monetary_7d": [0, 300, 0],
    "monetary_30d": [250, 1300, 0],
    "monetary_90d": [250, 1300, 0],
    "event_count": [4, 3, 3],
    "event_count_7d": [0, 2, 1],
    "event_count_30d": [4, 3, 1],
    "event_count_90d": [4, 3, 2],
    "session_count": [2, 1, 2],
    "item_count": [2, 2, 1],
}


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate_events(tmp_path_factory.mktemp("events"), 20_000)


@pytest.mark.parametrize("build", [build_features, build_features_in_pandas])
def test_ten_events_by_hand(build, tmp_path: Path) -> None:
    events = tmp_path / "events"
    events.mkdir()
    frame = pd.DataFrame(TEN_EVENTS, columns=["user_id", "item_id", "event_type", "price", "occurred_at"])
    frame["occurred_at"] = pd.to_datetime(frame["occurred_at"], format="ISO8601")
    for day, rows in frame.groupby(frame["occurred_at"].dt.date):
        rows.to_parquet(events / f"{day}.parquet", index=False)

    build(events, tmp_path / "features.parquet", as_of=datetime(2025, 4, 1))

    built = pd.read_parquet(tmp_path / "features.parquet").sort_values("user_id", ignore_index=True)
    expected = pd.DataFrame(EXPECTED).astype("Int64")
    pd.testing.assert_frame_equal(built[list(EXPECTED)].astype("Int64"), expected)


def test_sql_and_pandas_give_the_same_table(events: Path, tmp_path: Path) -> None:
    build_features(events, tmp_path / "sql.parquet")
    build_features_in_pandas(events, tmp_path / "pandas.parquet")

    assert differing_rows(tmp_path / "sql.parquet", tmp_path / "pandas.parquet") == 0
    assert checksum(tmp_path / "sql.parquet") == checksum(tmp_path / "pandas.parquet")


def test_a_memory_limit_changes_no_row(events: Path, tmp_path: Path) -> None:
    build_features(events, tmp_path / "free.parquet")
    build_features(events, tmp_path / "limited.parquet", memory_limit="64MB")

    assert checksum(tmp_path / "limited.parquet") == checksum(tmp_path / "free.parquet")


def test_differing_rows_are_counted_on_both_sides(events: Path, tmp_path: Path) -> None:
    build_features(events, tmp_path / "now.parquet")
    build_features(events, tmp_path / "earlier.parquet", as_of=AS_OF.replace(year=2025, month=12, day=1))

    now, earlier = (pd.read_parquet(tmp_path / name) for name in ("now.parquet", "earlier.parquet"))
    assert 0 < differing_rows(tmp_path / "now.parquet", tmp_path / "earlier.parquet") <= len(now) + len(earlier)
    assert checksum(tmp_path / "now.parquet") != checksum(tmp_path / "earlier.parquet")


def test_made_events_are_what_the_benchmark_says(events: Path) -> None:
    frame = pd.read_parquet(events)

    assert len(list(events.iterdir())) == 365
    assert (len(frame), frame["event_id"].nunique()) == (20_000, 20_000)
    assert frame["user_id"].nunique() == pytest.approx(400, rel=0.05)
    assert frame["occurred_at"].max() < AS_OF
    assert (frame.loc[frame["event_type"] == "purchase", "price"] > 0).all()
