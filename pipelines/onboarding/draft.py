"""A shop as `zhike init` proposes it: from a known export, or from the names and values of columns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.onboarding.files import Found
from pipelines.onboarding.presets import Preset, recognise
from resources.errors import ZhikeError
from resources.words import Words


@dataclass(frozen=True)
class Draft:
    """What a shop hands over, and why: `sources` are files by name, `tables` selects, `shop` what store.yaml says beside."""

    name: Words
    sources: dict[str, list[Found]]
    tables: dict[str, str]
    took: list[Words]
    missing: list[Words]
    shop: dict[str, str] = field(default_factory=dict)
    drops: dict[str, str] = field(default_factory=dict)
    left: list[Found] = field(default_factory=list)


def of_preset(found: Sequence[Found], known: Sequence[Preset], language: str) -> Draft | None:
    """The draft of a known export, with the comments of one language; None where the files are none.

    Raises ZhikeError where a file of the export is missing without which there are no orders.
    """
    match = recognise({str(file.path): file.names for file in found}, known)
    if match is None:
        return None
    preset, files = match
    absent = [name for name in preset.sources if name not in files]
    selects = {table: preset.select(table, language) for table in preset.tables}
    lacking = {
        table: [name for name in absent if re.search(rf"\b{name}\b", select)] for table, select in selects.items()
    }
    if lacking["orders"]:
        raise ZhikeError(
            f"{preset.name.zh} · {preset.name.en}: the file {' and '.join(lacking['orders'])} is missing, without which there are no orders",
            ", ".join(str(file.path) for file in found),
            f"{preset.export.zh} / {preset.export.en}",
        )
    kept = {table: select for table, select in selects.items() if not lacking[table]}
    by_path = {str(file.path): file for file in found}
    used = {path for paths in files.values() for path in paths}
    missing = [NO_TABLE.format(table, " ".join(names)) for table, names in lacking.items() if names] + preset.missing
    return Draft(
        preset.name,
        {name: [by_path[path] for path in files[name]] for name in preset.sources if name in files},
        kept,
        preset.took,
        missing,
        preset.shop,
        {table: select for table, select in preset.drops.items() if table in kept},
        [file for path, file in by_path.items() if path not in used],
    )


NO_TABLE = Words("{0}：没有给文件 {1}。", "{0}: the file {1} was not given.")


def settings_of(files: Sequence[Found]) -> dict[str, Any]:
    """How the files of one source are written. Raises ZhikeError where they differ."""
    for other in files[1:]:
        if other.settings != files[0].settings:
            raise ZhikeError(
                f"two files of one kind are written differently: {files[0].settings} and {other.settings}",
                f"{files[0].path}, {other.path}",
                "export them again in the same way, or name one of them",
            )
    return files[0].settings
