"""The step that delivers: in the week's job and by itself, when there is something to do."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from assets.outreach.delivery.outbox import Outbox
from pipelines.definitions import build_definitions
from pipelines.deliveries import minutes_of
from resources.errors import ZhikeError
from resources.home import open_home
from resources.shop import load_shop
from tests.outreach.delivery.shop import message
from tests.shop_builder import Bench, write_store

STORE = """
name: {zh: 茶馆, en: Tea house}
time_zone: Asia/Shanghai
start: 2026-11-01
sources: {order_lines: {path: "orders/{date}.csv"}}
tables: {orders: SELECT * FROM order_lines}
"""


def jobs(bench: Bench) -> dict[str, set[str]]:
    found = build_definitions(bench.shop, bench.home).resolve_all_job_defs()
    return {
        job.name: {key.to_user_string() for key in job.asset_layer.selected_asset_keys}
        for job in found
        if not job.name.startswith("__")
    }


def test_a_shop_with_channels_delivers_at_the_end_of_the_week_and_every_ten_minutes(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    write_store(bench.store, STORE)
    without = jobs(bench)
    write_store(bench.store, STORE + "channels: {team: {kind: slack}}\n")
    told = jobs(bench)
    last = {"outreach/delivery"}
    assert told == without | {"weekly": without["weekly"] | last, "delivery": last}
    definitions = build_definitions(bench.shop, bench.home)
    graph = definitions.resolve_asset_graph()
    key = dg.AssetKey(["outreach", "delivery"])
    assert {parent.to_user_string() for parent in graph.get(key).parent_keys} == {"outreach/report"}
    (schedule,) = [each for each in definitions.schedules or [] if each.name == "every_ten_minutes"]
    context = dg.build_schedule_context(scheduled_execution_time=datetime(2026, 11, 30, tzinfo=UTC))

    def requests() -> int:
        return len(schedule.evaluate_tick(context).run_requests or [])

    assert requests() == 1, "nothing was looked at yet"
    with Outbox(open_home(bench.shop, bench.home)) as outbox:
        outbox.begin()
        assert requests() == 0
        outbox.put("team", message())
    assert requests() == 1


def test_no_shop_delivers_on_the_hour_or_half_past_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    write_store(bench.store, STORE)
    shop, found = bench.shop, set()
    for number in range(60):
        minutes = minutes_of(shop.model_copy(update={"folder": tmp_path / f"shop{number}"}))
        listed = [int(minute) for minute in minutes.split(",")]
        assert len(listed) == 6 and not {0, 30} & set(listed) and max(listed) < 60
        found.add(minutes)
    assert len(found) > 5, "they are spread"


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        ("{team: {kind: slack, url: 'https://x/SECRETTOKEN'}}", "`url` is secret and does not belong in store.yaml"),
        ("{team: {kind: email, host: mail.example}}", "needs `sender`"),
        ("{team: {kind: wecom_app, corp_id: c, agent_id: 1}}", "needs `to`"),
        ("{team: {kind: email, host: mail.example, sender: a@b.c, to: [a@b.c], security: none}}", "plain text"),
        ("{team: {kind: sms}}", "Input should be 'dingtalk'"),
        ("{Team!: {kind: slack}}", "is no name of a-z, 0-9 and _"),
        ("{team: {kind: email, host: h, sender: \"a@b.c\\nBcc: x@y.z\", to: [a@b.c]}}", "line break"),
    ],
)  # fmt: skip
def test_a_channel_that_is_declared_wrongly_is_said(declared: str, problem: str, tmp_path: Path) -> None:
    store = write_store(tmp_path / "tea", f"{STORE}channels: {declared}\n")
    with pytest.raises(ZhikeError) as raised:
        load_shop(str(store))
    assert problem in str(raised.value) and "SECRETTOKEN" not in str(raised.value)
