"""A few of the kills that `python -m benchmarks.delivery` counts by the hundred."""

from pathlib import Path

import pytest

from benchmarks.delivery import killed


def test_whoever_delivers_may_be_killed_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROBOT_URL", "PROGRAM_URL", "PROGRAM_SECRET"):
        monkeypatch.setenv(f"ZHIKE_CHANNEL_{name}", "")
    found = killed(3, 8, tmp_path)
    assert (found.lost, found.doubled, found.unexplained) == (0, 0, 0)
    assert found.messages >= 8 * 8 and found.within == found.perhaps
