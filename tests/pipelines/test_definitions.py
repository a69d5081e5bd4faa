"""The graph holds what the shop hands over and no more, and loads without the heavy libraries."""

import json
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.freshness import CronFreshnessPolicy
from dagster._core.workspace.load import location_origins_from_yaml_paths

from assets.outreach.snapshot.parts import is_published
from pipelines.definitions import build_definitions, definitions
from resources.home import ROOT
from resources.shop import load_shop
from tests.pipelines.corner import environment, shell
from tests.shop_builder import Bench

WEEKLY = {
    "features/customers",
    "insights/segments", "insights/segment_profiles", "insights/segment_moves",
    "insights/clv", "insights/cohorts",
    "insights/predictions", "insights/prediction_backtests", "insights/prediction_drift",
    "insights/forecasts", "insights/forecast_totals", "insights/forecast_agreement", "insights/forecast_backtests",
    "insights/recommendations", "insights/profiles", "insights/similar_products", "insights/bought_together",
    "insights/rfm", "insights/rfm_profiles", "insights/rfm_moves", "insights/customer_360", "outreach/alerts",
}  # fmt: skip
NEEDS = {
    "features/identities": "links", "insights/session_propensity": "events",
    "insights/funnels": "events",
    "insights/recommendation_feedback": "events",
    "insights/product_satisfaction": "reviews", "insights/aspect_trends": "reviews",
    "insights/customer_opinions": "reviews",
    "insights/contact_reasons": "messages", "insights/service_quality": "messages", "insights/contacts": "messages",
    "insights/unanswered_questions": "answers", "insights/answer_use": "answers",
}  # fmt: skip
TABLES = {
    "demo": {
        "orders",
        "events",
        "reviews",
        "messages",
        "outcomes",
        "consents",
        "customers",
        "products",
        "links",
        "answers",
    },
    "online_retail": {"orders", "products"},
    "taobao": {"orders", "events", "products"},
}


OUTREACH = {"outreach/snapshot", "outreach/report"}
# Of a shop that declares actions.
ACTIONS = {"outreach/winback", "outreach/not_planned", "insights/uplift"}


def weekly_of(store: str) -> set[str]:
    of_actions = ACTIONS if load_shop(store).actions else set[str]()
    return WEEKLY | of_actions | {asset for asset, table in NEEDS.items() if table in TABLES[store]}


def expected(store: str) -> set[str]:
    stages = {f"{stage}/{table}" for stage in ("raw", "clean") for table in TABLES[store]}
    of_texts = {"insights/review_scores": "reviews", "insights/message_intents": "messages"}
    daily = {"features/customer_days"} | {asset for asset, table in of_texts.items() if table in TABLES[store]}
    return weekly_of(store) | stages | daily | OUTREACH


@pytest.fixture(params=sorted(TABLES), scope="module")
def graph(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dg.Definitions]:
    return request.param, build_definitions(load_shop(request.param), tmp_path_factory.mktemp("graph"))


def names(keys: "set[dg.AssetKey] | frozenset[dg.AssetKey]") -> set[str]:
    return {key.to_user_string() for key in keys}


def test_the_assets_are_those_whose_inputs_the_shop_hands_over(graph: tuple[str, dg.Definitions]) -> None:
    store, definitions = graph
    assert names(set(definitions.resolve_asset_graph().get_all_asset_keys())) == expected(store)


def test_days_and_weeks_are_a_job_each_the_snapshot_is_in_both_and_the_report_ends_the_week(
    graph: tuple[str, dg.Definitions],
) -> None:
    store, definitions = graph
    weekly = weekly_of(store)
    jobs = {job.name: job for job in definitions.resolve_all_job_defs() if not job.name.startswith("__")}
    assert set(jobs) == {"daily", "weekly", "erasures"}
    assert names(set(jobs["weekly"].asset_layer.selected_asset_keys)) == weekly | OUTREACH
    assert names(set(jobs["daily"].asset_layer.selected_asset_keys)) == expected(store) - weekly - {"outreach/report"}
    assets = definitions.resolve_asset_graph()
    published = {name for name in expected(store) - OUTREACH if is_published(name.replace("/", "."))}
    assert names(assets.get(dg.AssetKey(["outreach", "snapshot"])).parent_keys) == published > weekly
    assert names(assets.get(dg.AssetKey(["outreach", "report"])).parent_keys) == {"outreach/snapshot"}


def test_schedules_and_sensors_in_the_shops_zone(graph: tuple[str, dg.Definitions]) -> None:
    store, definitions = graph
    zone = load_shop(store).time_zone
    found = {schedule.name: schedule for schedule in definitions.schedules or []}
    assert {name: (s.job_name, s.execution_timezone) for name, s in found.items()} == {
        "every_day": ("daily", zone), "days_again": ("daily", zone), "every_week": ("weekly", zone), "weeks_again": ("weekly", zone), "every_erasure": ("erasures", zone),
    }  # fmt: skip
    sensors = {s.name: s for s in definitions.sensors or [] if isinstance(s, dg.SensorDefinition)}
    assert sorted(sensors) == ["source_files", "upkeep"]
    assert sensors["source_files"].job_name == "daily"
    assert sensors["upkeep"].default_status == dg.DefaultSensorStatus.RUNNING, "nobody has to switch it on"


def test_every_table_has_a_check_that_blocks(graph: tuple[str, dg.Definitions]) -> None:
    store, definitions = graph
    assets = definitions.resolve_asset_graph()
    blocked = {key.asset_key.to_user_string() for key in assets.asset_check_keys if assets.get(key).blocking}
    # Raw tables of changes only warn.
    facts = {"orders", "events", "reviews", "messages", "outcomes", "consents"}
    tables = expected(store) - {"outreach/report"}
    assert blocked == {name for name in tables if name[:4] != "raw/" or name[4:] in facts}


def test_the_catalogue_says_who_answers_what_is_personal_by_when_it_is_fresh_and_where_its_code_is(
    delivered: Bench,
) -> None:
    owned = delivered.shop.model_copy(update={"owners": ["team:tea", "anna@tea.example"], "end": None})
    graph = build_definitions(owned, delivered.home).resolve_asset_graph()
    weekly, daily = (graph.get(dg.AssetKey(key)) for key in (["features", "customers"], ["raw", "orders"]))
    assert set(weekly.owners) == {"team:tea", "anna@tea.example"}
    assert (weekly.tags["every"], daily.tags["every"]) == ("week", "day")
    assert "personal" in graph.get(dg.AssetKey(["raw", "customers"])).tags
    assert "personal" not in graph.get(dg.AssetKey(["outreach", "snapshot"])).tags
    (reference,) = weekly.metadata["dagster/code_references"].code_references
    assert reference.file_path.endswith("assets/features/assets.py")
    assert "def customer_rows" in Path(reference.file_path).read_text("utf-8").splitlines()[reference.line_number - 1]
    by = {key: graph.get(dg.AssetKey(key.split("/"))).freshness_policy for key in ("raw/orders", "features/customers")}
    assert all(policy.timezone == "Asia/Shanghai" for policy in by.values() if isinstance(policy, CronFreshnessPolicy))
    assert by["raw/orders"] and by["features/customers"]
    ended = build_definitions(delivered.shop, delivered.home).resolve_asset_graph()
    assert ended.get(dg.AssetKey(["raw", "orders"])).freshness_policy is None, (
        "of a shop that has ended nothing is late"
    )


def test_the_web_ui_lists_the_weeks_that_are_kept_and_the_command_line_runs_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older ones would stand there as missing, and turn red for whoever presses “Missing” in the dialog of a backfill."""
    monkeypatch.setenv("ZHIKE_HOME", str(tmp_path))
    monkeypatch.setenv("ZHIKE_STORE", "demo")
    monkeypatch.setenv("ZHIKE_DEMO", str(tmp_path))

    def weeks(graph: dg.Definitions) -> list[str]:
        asset = graph.resolve_asset_graph().get(dg.AssetKey(["features", "customers"]))
        assert asset.partitions_def
        return list(asset.partitions_def.get_partition_keys())

    listed, every = weeks(definitions()), weeks(build_definitions(load_shop("demo"), tmp_path))
    assert (len(listed), len(every)) == (27, 113)
    assert listed == every[-27:]
    # The runs of a web UI that was started a week ago have the weeks that it shows.
    monkeypatch.setenv("ZHIKE_WEEKS_FROM", every[-28])
    assert weeks(definitions()) == every[-28:]


def test_loading_imports_no_heavy_library(tmp_path: Path) -> None:
    code = (
        "import json, sys, pipelines.definitions as d; d.definitions(); "
        "print(json.dumps([n for n in ('great_expectations', 'sklearn', 'scipy', 'snownlp') if n in sys.modules]))"
    )
    done = shell(["-W", "ignore", "-c", code], cwd=tmp_path, env=environment(ZHIKE_HOME=str(tmp_path)))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
    assert list(tmp_path.iterdir()) == [], "loading the graph writes nothing"


def test_the_workspace_loads_the_location(tmp_path: Path) -> None:
    (origin,) = location_origins_from_yaml_paths([str(ROOT / "workspace.yaml")])
    assert origin.location_name == "zhike"
    arguments = ["-W", "ignore", "-m", "dagster", "definitions", "validate", "-w", str(ROOT / "workspace.yaml")]
    settings = environment(ZHIKE_HOME=str(tmp_path), ZHIKE_STORE="taobao")
    done = shell(arguments, cwd=tmp_path, env=settings)
    assert done.returncode == 0, done.stderr
    assert "Validation successful for code location zhike" in done.stdout + done.stderr
