"""Writes the models in force into a snapshot, for who scores between two runs."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from resources.fitted import Fitted
from resources.registry import weights_of
from resources.snapshot import MODELS


def write_models(fits: Sequence[Fitted], weights: Path, building: Path) -> None:
    """Writes fits with their files of `weights`. One whose file is gone is left out: the next step that needs it makes it again."""
    folder = building / MODELS
    for fitted in fits:
        files = weights_of(fitted)
        if not all((weights / file).exists() for file in files):
            continue
        folder.mkdir(exist_ok=True)
        content = json.dumps(asdict(fitted), ensure_ascii=False, default=str)
        (folder / f"{fitted.name}.json").write_text(content, encoding="utf-8")
        for file in files:
            if not (folder / file).exists():
                _link(weights / file, folder / file)


def _link(source: Path, target: Path) -> None:
    # What is named by its content never changes, so that versions may share it.
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)
