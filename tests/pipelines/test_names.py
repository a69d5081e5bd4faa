"""A home and a shop's folder may have any name that the system lets them have."""

import signal
from pathlib import Path

import dagster as dg
import pytest

from pipelines.runs import instance_of
from resources.event_log import EventLog
from resources.home import Home
from tests.pipelines.corner import LAST, environment, shell, surroundings, zhike
from tests.shop_builder import Bench

# What means something in an address, a pattern, SQL, a shell or the name of a folder of Parquet files.
NAMES = ["what?", "50%20 a#b&c=d", "[1]*{date}", "a'b\"c;--", "茶馆？ $HOME", "-x\\n"]
DAYS = ["--from", str(LAST), "--to", str(LAST)]
KILLED = """
import os, sys
from resources.warehouse import Warehouse
with Warehouse(store=sys.argv[1], home=sys.argv[2]).opened() as warehouse:
    warehouse.connection.execute("CREATE TABLE models.committed AS SELECT 1 AS one")
    warehouse.connection.execute("BEGIN")
    warehouse.connection.execute("INSERT INTO models.committed VALUES (2)")
    os.kill(os.getpid(), 9)
"""


def named(opened: Bench, folder: Path, name: str) -> Bench:
    """The shop in a folder of that name, in a home of that name."""
    copied = opened.copy(folder / name)
    copied.store.rename(copied.folder / name)
    return _Named(copied.folder)


class _Named(Bench):
    @property
    def store(self) -> Path:
        return self.folder / self.folder.name


@pytest.mark.parametrize("name", NAMES)
def test_a_shop_runs_and_is_read_whatever_its_folders_are_called(opened: Bench, tmp_path: Path, name: str) -> None:
    bench = named(opened, tmp_path, name)
    said = zhike(bench, "run", "--json", "--store", str(bench.store), *DAYS, "--select", "raw/orders")
    assert said.code == 0, said.err
    assert said.json["published"] == {"raw/orders": 1}
    assert bench.query("SELECT count(*), min(order_id) FROM raw.orders") == [(12, "d0128-0")]
    found = zhike(bench, "status", "--json", "--store", str(bench.store)).json
    assert [(row["table"], row["rows"]) for row in found["tables"]] == [("raw.orders", 12)]
    # Dagster's record is where it belongs, with our settings.
    with surroundings(bench), instance_of(Home(bench.place)) as instance:
        assert instance.get_materialized_partitions(dg.AssetKey(["raw", "orders"])) == {str(LAST)}
        assert isinstance(instance.event_log_storage, EventLog)
        assert not instance.telemetry_enabled
    assert {path.name for path in tmp_path.iterdir()} == {name}
    assert {path.name for path in bench.folder.iterdir()} == {name, "home"}


def test_what_was_committed_under_a_question_mark_outlives_a_kill(opened: Bench, tmp_path: Path) -> None:
    bench = named(opened, tmp_path, "what?")
    killed = shell(["-c", KILLED, str(bench.store), str(bench.home)], env=environment())
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert bench.query("SELECT one FROM models.committed") == [(1,)]
