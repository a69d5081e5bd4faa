"""Known exports: one folder each under stores/presets, with a preset.yaml (which columns tell it, where it is exported, what is taken
for what) and one select a contract table."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from resources.shop import STORES
from resources.words import Words

PRESETS = STORES / "presets"


class Preset(BaseModel):
    """An export that is known. `sources` gives, for each file of it, columns that together tell it; `shop` what store.yaml says beside."""

    model_config = ConfigDict(extra="forbid")
    name: Words
    export: Words
    sources: dict[str, list[str]]
    tables: dict[str, str]
    drops: dict[str, str] = Field(default_factory=dict)
    shop: dict[str, str] = Field(default_factory=dict)
    took: list[Words]
    missing: list[Words]
    folder: Path

    def select(self, table: str, language: str) -> str:
        """The select of a contract table. Its comments begin with `-- zh:` or `-- en:`; those of one language are kept."""
        text = (self.folder / self.tables[table]).read_text(encoding="utf-8")
        others = "|".join(other for other in vars(self.name) if other != language)
        return re.sub(rf"(?m)^( *-- ){language}: ", r"\1", re.sub(rf"(?m)^ *-- (?:{others}): .*\n", "", text))


def presets() -> list[Preset]:
    """All known exports, by the name of their folder."""
    found = sorted(PRESETS.glob("*/preset.yaml"))
    return [Preset(folder=path.parent, **yaml.safe_load(path.read_text(encoding="utf-8"))) for path in found]


def recognise(
    headers: Mapping[str, Sequence[str]], known: Sequence[Preset]
) -> tuple[Preset, dict[str, list[str]]] | None:
    """The known export that the files' columns tell, with the files of each of its sources; None where they tell none.

    `headers` are the columns by file. Of several exports the one holds whose columns are met most.
    """
    best, met = None, 0
    for preset in known:
        files: dict[str, list[str]] = {}
        for file, columns in headers.items():
            names = {_plain(name) for name in columns}
            told = [name for name, needed in preset.sources.items() if {_plain(column) for column in needed} <= names]
            if told:
                files.setdefault(max(told, key=lambda name: len(preset.sources[name])), []).append(file)
        score = sum(len(preset.sources[name]) for name in files)
        if score > met:
            best, met = (preset, files), score
    return best


def _plain(column: str) -> str:
    return column.strip().casefold()
