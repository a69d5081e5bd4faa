"""Tables of changes: a broken file is left out alone, and what arrives late makes the weeks after its day stale."""

from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg

from pipelines.definitions import build_definitions
from pipelines.status import status_of
from tests.pipelines.corner import zhike
from tests.shop_builder import CUSTOMERS, Bench, failures

CHANGES = ("raw/customers", "clean/customers")
ANNA = CUSTOMERS["2024-01-24"][0]


def regions(bench: Bench) -> list[tuple[str, str]]:
    return bench.query(
        "SELECT region, CAST(known_on AS VARCHAR) FROM clean.customers WHERE customer_id = 'anna' ORDER BY known_on"
    )


def test_a_broken_file_is_left_out_alone_and_mended_makes_the_weeks_after_its_day_stale(spoilt: Bench) -> None:
    good = spoilt.file("customers", "2024-01-24").read_text(encoding="utf-8")
    spoilt.file("customers", "2024-01-24").write_text(good[:-30], encoding="utf-8")
    spoilt.deliver("customers", "2024-02-04", ANNA | {"region": "Suzhou"})
    chosen = [word for name in CHANGES for word in ("--select", name)]
    said = zhike(spoilt, "run", "--store", str(spoilt.store), "--from", "2024-02-04", *chosen, "--json")
    assert said.code == 1
    assert said.json["published"] == {"raw/customers": 1, "clean/customers": 1}, "what rests on it goes on"
    (failed,) = said.json["failures"]
    assert failed.startswith("raw/customers: ")
    assert "2024-01-24.csv" in failed
    before = [("Hangzhou", "2024-01-01"), ("Shanghai", "2024-01-24"), ("Suzhou", "2024-02-04")]
    assert regions(spoilt) == before
    assert stale(spoilt) == ["2024-02-05"], "the newest week alone knows of the new file"

    spoilt.file("customers", "2024-01-24").write_text(good.replace("Shanghai", "Ningbo"), encoding="utf-8")
    assert failures(spoilt.run(*CHANGES)) == {}
    assert regions(spoilt) == [before[0], ("Ningbo", "2024-01-24"), before[2]]
    assert stale(spoilt) == ["2024-01-29", "2024-02-05"]
    shown = {row["table"]: row["stale"] for row in status_of(spoilt.shop, spoilt.home)["tables"]}
    assert (shown["features.customers"], shown["clean.orders"]) == (2, 0)

    assert asked_again(spoilt) == [("2024-01-29", "2024-02-05")]
    assert spoilt.run_weeks("2024-01-29").success
    assert stale(spoilt) == []
    assert asked_again(spoilt) == []


def stale(bench: Bench) -> list[str]:
    return [row[1] for row in bench.windows("is_stale AND table_name = 'features.customers'")]


def asked_again(bench: Bench) -> list[tuple[str, str]]:
    """The weeks that the schedule asks for on a morning."""
    definitions = build_definitions(bench.shop, bench.home)
    (schedule,) = [found for found in definitions.schedules or [] if found.name == "weeks_again"]
    assert isinstance(schedule, dg.ScheduleDefinition)
    hour = datetime(2024, 2, 6, 4, tzinfo=ZoneInfo("Asia/Shanghai"))
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance=instance, scheduled_execution_time=hour, repository_def=definitions.get_repository_def()
        )
        requests = schedule.evaluate_tick(context).run_requests or []
    start, end = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
    return [(request.tags[start], request.tags[end]) for request in requests]
