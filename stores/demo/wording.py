"""The shop's Chinese sentences, written by hand in `wording/*.yaml`, and how one of several is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml


def sentences(name: str) -> dict[str, Any]:
    """The sentences of `wording/<name>.yaml`."""
    return yaml.safe_load((Path(__file__).parent / "wording" / f"{name}.yaml").read_text(encoding="utf-8"))


def one(rng: np.random.Generator, choices: Sequence[str]) -> str:
    """One of the choices, each as likely as the others."""
    return choices[int(rng.integers(len(choices)))]
