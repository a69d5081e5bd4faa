"""The demo shop plants dirt and writes down where. The graph, which never reads that, must find all of it and nothing else."""

from pathlib import Path

import dagster as dg
import duckdb
import pytest

from pipelines.definitions import build_assets
from resources.calendar import Calendar
from resources.contract import CONTRACT
from resources.shop import load_shop
from resources.warehouse import Warehouse
from stores.demo.generate import generate

FACTS = [name for name, table in CONTRACT.items() if table.is_fact]
REPEATS = ("duplicate", "redelivered")
CORRECTIONS = ("correction", "progress")


@pytest.fixture(scope="module")
def shop_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo shop, its history and 20 days run through raw and clean."""
    folder = tmp_path_factory.mktemp("demo")
    generate(folder / "shop", seed=3, customers=300, days=20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIKE_DEMO", str(folder / "shop" / "source"))
        calendar = Calendar.of(load_shop("demo"))
        result = dg.materialize(
            build_assets(calendar),
            selection=dg.AssetSelection.groups("raw", "clean"),
            tags={
                "dagster/asset_partition_range_start": "2025-12-31",
                "dagster/asset_partition_range_end": "2026-01-20",
            },
            resources={"warehouse": Warehouse(store="demo", home=str(folder))},
        )
    assert all(check.passed for check in result.get_asset_check_evaluations())
    return folder


def planted(folder: Path, table: str, kinds: tuple[str, ...]) -> int:
    query = f"SELECT count(*) FROM '{folder / 'shop/truth/dirt.parquet'}' WHERE \"table\" = $table AND list_contains($kinds, kind)"
    return duckdb.execute(query, {"table": table, "kinds": list(kinds)}).fetchall()[0][0]


def found(folder: Path, query: str) -> int:
    with duckdb.connect(str(folder / "demo" / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()[0][0]


@pytest.mark.parametrize("table", list(CONTRACT))
def test_every_planted_impossible_row_is_in_quarantine_and_no_other(shop_folder: Path, table: str) -> None:
    in_quarantine = found(shop_folder, f"SELECT count(*) FROM clean.quarantine WHERE source_table = '{table}'")
    assert in_quarantine == planted(shop_folder, table, ("impossible",))


@pytest.mark.parametrize("table", FACTS)
def test_every_planted_repeat_is_dropped_and_no_other_row(shop_folder: Path, table: str) -> None:
    arrived = found(shop_folder, f"SELECT count(*) FROM raw.{table}")
    booked = found(shop_folder, f"SELECT count(*) FROM clean.{table} WHERE sign = 1")
    in_quarantine = found(shop_folder, f"SELECT count(*) FROM clean.quarantine WHERE source_table = '{table}'")
    assert arrived - booked - in_quarantine == planted(shop_folder, table, REPEATS)


def test_every_planted_correction_is_booked_as_a_reversal(shop_folder: Path) -> None:
    reversals = found(shop_folder, "SELECT count(*) FROM clean.orders WHERE sign = -1")
    assert reversals == planted(shop_folder, "orders", CORRECTIONS) > 0


def test_every_planted_late_row_is_in_the_partition_of_its_delivery(shop_folder: Path) -> None:
    late = """
        SELECT count(*) FROM clean.events WHERE occurred_on < delivered_on AND delivered_on > DATE '2025-12-31'
            AND row_no > 0 AND sign = 1
    """
    assert found(shop_folder, late) >= planted(shop_folder, "events", ("late",)) > 0
