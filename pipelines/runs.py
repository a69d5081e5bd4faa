"""Runs the two jobs in this process: the days, then the weeks that rest on them."""

import fcntl
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import dagster as dg
import yaml
from dagster._core.instance.ref import InstanceRef

from pipelines.failures import COMMAND_TAG, told
from pipelines.jobs import ALWAYS, DELIVERY
from pipelines.sensors import range_tags
from pipelines.stopping import Stop
from pipelines.upkeep import fail_dead_runs, forget_old_runs
from resources.calendar import Calendar, monday_after, today_in
from resources.contract import ORDERS
from resources.database import PROCESS_TAG
from resources.errors import ZhikeError
from resources.home import ROOT, SETTINGS, Home, open_home, write_safely
from resources.processes import process_of
from resources.reader import delivered_days
from resources.shop import Shop

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class Report:
    """What came of a run: published partitions by table, what was refused and why, warnings."""

    published: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    command: str = field(default_factory=lambda: uuid4().hex)

    @property
    def is_fine(self) -> bool:
        return not self.failures


def instance_of(home: Home, run_days: int | None = None) -> dg.DagsterInstance:
    """The shop's Dagster instance; runs whose process is gone are marked failed, and those older than `run_days` are removed."""
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    # Two first commands at once would both make Dagster's tables.
    with (home.dagster / "made.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        settings = _complete(home.dagster / SETTINGS)
        # Dagster looks for the file by a pattern, which a bracket in the path spoils: the settings are handed over too.
        instance = dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home.dagster), overrides=settings))
    fail_dead_runs(instance)
    if run_days:
        forget_old_runs(instance, run_days)
    return instance


def _complete(settings: Path) -> dict[str, Any]:
    """The Dagster settings of a home; one that an earlier release made is given what it lacks of ours, the rest is left as it is."""
    text = settings.read_text(encoding="utf-8")
    there = yaml.safe_load(text) or {}
    ours = yaml.safe_load((ROOT / SETTINGS).read_text(encoding="utf-8"))
    if any(name.endswith("storage") for name in there):
        del ours["storage"]
    lacking = {name: value for name, value in ours.items() if name not in there}
    if lacking:
        write_safely(settings, f"{text.rstrip()}\n{yaml.safe_dump(lacking)}")
    return there | lacking


def days_covered(shop: Shop, first: date | None, last: date | None) -> tuple[date, date]:
    """The delivery days to run: those asked for, else all that the shop's data cover. Raises ZhikeError for days that are not the shop's, or
    not over yet."""
    yesterday = today_in(shop) - timedelta(days=1)
    end = min(shop.end or yesterday, yesterday)
    newest = last or (end if shop.end else min([*delivered_days(shop, ORDERS)[-1:], yesterday]))
    oldest = first or shop.first_delivery
    if newest < oldest or oldest < shop.first_delivery or newest > end:
        raise ZhikeError(
            f"the days {oldest} to {newest} are not the shop's",
            f"{shop.folder / 'store.yaml'}: {shop.first_delivery} to {end}{'' if end == shop.end else ', which was yesterday'}",
            "ask for days within them",
        )
    return oldest, newest


def weeks_covered(shop: Shop, oldest: date, newest: date) -> tuple[date, date] | None:
    """The weeks that the days reach, of those that are kept: the last is the Monday after the newest day when the week is over."""
    last = (
        monday_after(newest)
        if newest == shop.end or newest.weekday() == 6
        else monday_after(newest) - timedelta(days=7)
    )
    first = monday_after(shop.start if oldest == shop.first_delivery else oldest)
    first = max(first, last - timedelta(days=7 * (shop.retention.weeks - 1)), monday_after(shop.start))
    return (first, last) if first <= last else None


def tables_of(definitions: dg.Definitions, jobs: Sequence[str], select: Sequence[str]) -> set[str]:
    """The tables that some jobs run, or of these those selected, as the gate calls them."""
    keys = {key for job in jobs for key in definitions.resolve_job_def(job).asset_layer.selected_asset_keys}
    chosen = {key for key in keys if not select or key.to_user_string() in select}
    return {".".join(key.path) for key in chosen - {ALWAYS, DELIVERY}}


def run_job(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    job: str,
    first: date,
    last: date,
    select: Sequence[str],
    report: Report,
    stop: Stop,
) -> None:
    """Runs a job over a range. Dagster skips everything after a failed step; what was skipped is run on its own, because
    the gate keeps bad partitions out of it and good ones should not wait. Raises Stopped when a signal asks for it."""
    resolved = definitions.resolve_job_def(job)
    keys = resolved.asset_layer.selected_asset_keys
    remaining = {key for key in keys if not select or key.to_user_string() in select}
    what = "weeks" if job == "weekly" else "days"
    tags = range_tags(first.isoformat(), last.isoformat(), what) | {
        PROCESS_TAG: process_of(os.getpid()),
        COMMAND_TAG: report.command,
    }
    while remaining:
        result = resolved.execute_in_process(
            instance=instance,
            asset_selection=sorted(remaining),
            tags=tags,
            run_config=QUIET,
            raise_on_error=False,
        )
        # To Dagster an interrupted step is a failed one.
        stop.check()
        done = _read(instance, result, report)
        if not done or not any(event.is_step_failure for event in result.all_events):
            if not done:
                report.failures += [message_of(event) for event in result.all_events if event.is_failure][:1]
            return
        remaining -= done


def _read(instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult, report: Report) -> set[dg.AssetKey]:
    """Adds the events of a run to the report; returns the assets that were tried."""
    done: set[dg.AssetKey] = set()
    for event in result.all_events:
        if event.is_step_failure:
            report.failures.append(message_of(event))
        if event.is_step_failure or event.is_step_success:
            done.add(dg.AssetKey((event.step_key or "").split("__", 1)))
    # Not from the result, which lacks what a failing step has published.
    for entry in instance.all_logs(result.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
        if entry.asset_materialization:
            name = entry.asset_materialization.asset_key.to_user_string()
            report.published[name] = report.published.get(name, 0) + 1
            for kind in ("not_enough_history", "files_not_read"):
                note = entry.asset_materialization.metadata.get(kind)
                if note and f"{name}: {note.value}" not in report.warnings:
                    report.warnings.append(f"{name}: {note.value}")
    for check in result.get_asset_check_evaluations():
        if not check.passed and "problems" in check.metadata:
            # Its step went on: what could be read is published.
            report.failures.append(f"{check.asset_key.to_user_string()}: {check.metadata['problems'].value}")
        if not check.passed and check.severity == dg.AssetCheckSeverity.WARN:
            report.warnings.append(f"{check.asset_key.to_user_string()}: {check.description}")
    return done


def message_of(event: dg.DagsterEvent) -> str:
    """Why a step or a run failed: what the gate said, else what the error and its causes say."""
    data = event.event_specific_data
    described = getattr(getattr(data, "user_failure_data", None), "description", None)
    chain, error = [], getattr(data, "error", None)
    while error is not None:
        chain.append((error.cls_name, error.message))
        error = error.cause
    return described or told(chain, event.message)


def open_shop(shop: Shop, home: Path) -> tuple[Home, dg.DagsterInstance, dg.Definitions, Calendar]:
    """The shop's place, its Dagster instance and its definitions."""
    from pipelines.definitions import build_definitions

    place = open_home(shop, home)
    return place, instance_of(place, shop.retention.run_days), build_definitions(shop, home), Calendar.of(shop)
