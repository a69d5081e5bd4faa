"""What goes wrong in running the shop, known only when it is told: data that a check refused, a model without a fit in force or with an old one,
weeks that do not come, messages that do not arrive. Pure: over rows that whoever tells has read."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from assets.outreach.report.methods.trust import MODELS
from resources.words import Words

# A day or week refused longer ago is no news.
REFUSED_DAYS = 14
# A fit in force for longer, while others were made and refused, says less and less.
OLD_DAYS = 366
LATE_DAYS = 8

REFUSED = Words(
    "{table}：{parts} 的数据没有通过检查（{checks}），没有采用，仍用之前的数据",
    "{table}: {parts} failed a check ({checks}) and is not used; what came before stays",
)
WITHDRAWN = Words(
    "模型「{model}」没有可用的版本：{day} 训练的没有好过简单做法",
    "{model}: no fit is in force; that of {day} is no better than something simpler",
)
OLD = Words(
    "模型「{model}」在用的版本是 {day} 训练的，已用了 {days} 天：之后训练的都没有更好",
    "{model}: the fit in force is of {day}, {days} days old: those made since are no better",
)
LATE = Words(
    "最新一周的数据是 {day} 的，已经 {days} 天没有新的一周：请检查每周任务",
    "the newest week is that of {day}, {days} days ago: look at the weekly job",
)
MOST_PARTS = 3
AND = Words("、", ", ")


@dataclass(frozen=True)
class Operation:
    """Something that went wrong: `name` stays the same while nothing new happens. `channel`: where it happened, which is not told there."""

    name: str
    words: Words
    channel: str = ""


def operations(
    refused: Sequence[Mapping[str, Any]],
    fits: Sequence[Mapping[str, Any]],
    newest: date | None,
    today: date,
    *,
    is_running: bool,
) -> list[Operation]:
    """What went wrong. `refused`: table_name, partition_key, check_name of what a check keeps out; `fits`: name, fitted_as_of, in_force; `newest`: the as-of date of the newest published week; `is_running`: whether the shop's data still come."""
    if not is_running:
        return []
    found = [*_refused(refused, today), *_models(fits, today)]
    if newest is not None and (today - newest).days > LATE_DAYS:
        words = LATE.format(day=newest, days=(today - newest).days)
        found.append(Operation(_name("late", newest), words))
    return found


def failing(channel: str, words: Words, since: str) -> Operation:
    """A channel that delivers nothing, or a message that it did not take."""
    return Operation(_name("delivery", channel, since, words.en), words, channel)


def _refused(rows: Sequence[Mapping[str, Any]], today: date) -> list[Operation]:
    by_table: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        key = row["partition_key"]
        if _is_fresh(key, today):
            by_table.setdefault(row["table_name"], []).append((key, row["check_name"]))
    found = []
    for table, refusals in sorted(by_table.items()):
        keys = sorted({key for key, _ in refusals})
        checks = sorted({check.replace("_", " ") for _, check in refusals})
        shown = Words(*(", ".join(keys[-MOST_PARTS:]),) * 2)
        if len(keys) > MOST_PARTS:
            shown += Words(f" 等 {len(keys)} 份", f" and {len(keys) - MOST_PARTS} more")
        words = REFUSED.format(table=table, parts=shown, checks=Words.join([Words(name, name) for name in checks], AND))
        found.append(Operation(_name("refused", table, *keys, *checks), words))
    return found


def _is_fresh(key: str, today: date) -> bool:
    try:
        return (today - date.fromisoformat(key)).days <= REFUSED_DAYS
    except ValueError:
        # A table without partitions: what is refused of it is refused now.
        return True


def _models(fits: Sequence[Mapping[str, Any]], today: date) -> list[Operation]:
    by_model: dict[str, list[Mapping[str, Any]]] = {}
    for row in sorted(fits, key=lambda row: row["fitted_as_of"]):
        by_model.setdefault(row["name"], []).append(row)
    found = []
    for name, made in sorted(by_model.items()):
        model, day = MODELS.get(name, Words(name, name)), made[-1]["fitted_as_of"]
        used = [row["fitted_as_of"] for row in made if row["in_force"]]
        if not used:
            found.append(Operation(_name("withdrawn", name, day), WITHDRAWN.format(model=model, day=day)))
        elif used[-1] < day and (days := (today - used[-1]).days) > OLD_DAYS:
            found.append(Operation(_name("old", name, used[-1]), OLD.format(model=model, day=used[-1], days=days)))
    return found


def _name(*parts: object) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:20]
