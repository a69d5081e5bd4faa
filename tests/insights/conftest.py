"""The small demo shop, its days and weeks run once a session; tests that run more work on a copy."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.definitions import build_assets
from resources.calendar import Calendar
from resources.shop import STORES
from stores.demo.generate import generate
from tests.insights.demo_bench import FIRST, LAST, NEWEST, SHOP, TABLES, WEEKLY, WEEKS, Demo, checks_of, notes_of
from tests.shared import once
from tests.shop_builder import Bench, write_store


@pytest.fixture(scope="session")
def demo_source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The shop's files and its truth, told to the mappings as ZHIKE_DEMO."""
    folder = once(tmp_path_factory, "demo", lambda made: generate(made, seed=3, customers=250, days=14))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIKE_DEMO", str(folder / "source"))
        yield folder


@pytest.fixture(scope="session")
def dailies(demo_source: Path, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """All days, no week. Not to be changed."""

    def make(folder: Path) -> None:
        demo = Demo(Bench(folder))
        write_store(
            demo.bench.store, SHOP, **{name: (STORES / "demo" / f"{name}.sql").read_text("utf-8") for name in TABLES}
        )
        demo.run(*demo.daily, first=FIRST, last=LAST)

    return Demo(Bench(once(tmp_path_factory, "dailies", make)))


@pytest.fixture(scope="session")
def backfilled(dailies: Demo, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """All weekly tables of all weeks, in one range. Not to be changed."""

    def make(folder: Path) -> None:
        demo = dailies.copy(folder)
        result = demo.weeks(WEEKS[0], tables=WEEKLY)
        (folder / "checks.json").write_text(json.dumps(checks_of(result)), encoding="utf-8")
        (folder / "notes.json").write_text(json.dumps(notes_of(result)), encoding="utf-8")

    return Demo(Bench(once(tmp_path_factory, "backfilled", make)))


@pytest.fixture(scope="session")
def published(backfilled: Demo, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The shop with its snapshot and its report. Not to be changed."""

    def publish(folder: Path) -> None:
        bench = backfilled.copy(folder).bench
        assets = build_assets(Calendar.of(bench.shop))
        assert bench.run("outreach/snapshot", "outreach/report", assets=assets, first=str(NEWEST)).success

    return Bench(once(tmp_path_factory, "published", publish))


@pytest.fixture(scope="session")
def backfill_checks(backfilled: Demo) -> dict[str, dict[str, dict[str, Any]]]:
    """What the checks of the backfill said: by asset and check `passed`, `severity` and `metadata`."""
    return json.loads((backfilled.bench.folder / "checks.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def backfill_notes(backfilled: Demo) -> dict[str, dict[str, Any]]:
    """The metadata of each asset's step of the backfill."""
    return json.loads((backfilled.bench.folder / "notes.json").read_text(encoding="utf-8"))
