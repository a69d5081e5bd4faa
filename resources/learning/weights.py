"""Weights too large for the registry: arrays in a file named by their content."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from resources.errors import ZhikeError


def write_arrays(folder: Path, arrays: Mapping[str, Any]) -> str:
    """Puts the arrays in a file unless it is there, and gives its name."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    path = folder / f"{digest.hexdigest()[:24]}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}.tmp")
        with unfinished.open("wb") as file:
            np.savez_compressed(file, **arrays)
        unfinished.replace(path)
    return path.name


def read_arrays(folder: Path, name: str) -> dict[str, Any]:
    """The arrays of a file. Raises ZhikeError where it is gone or broken."""
    try:
        with np.load(folder / name, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise ZhikeError(
            f"the weights of a model in models.registry cannot be read: {error}",
            str(folder / name),
            "restore the file; or delete the model's rows in models.registry and run the weeks again: it is then fitted anew",
        ) from error
