"""What went wrong outside our own code, a disk or Dagster's files, as a sentence with a remedy."""

import os
import sqlite3
from pathlib import Path

import yaml

from resources.errors import ZhikeError, disk_full, engine_words

WRITABLE = "make it readable and writable for the user who runs zhike, or choose another --home"
ANEW = "move it away: it is made anew. It holds what Dagster shows of past runs, and nothing of the shop's tables"


def sentence(error: BaseException | None) -> ZhikeError | None:
    """The first of an error and its causes that a person can do something about; None for a fault of the code."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        found = _of(error)
        if found:
            return found
        error = error.__cause__ or error.__context__
    return None


def _of(error: BaseException) -> ZhikeError | None:
    home = os.environ.get("DAGSTER_HOME") or "the folder dagster of the shop's home"
    if isinstance(error, ZhikeError):
        return error
    if isinstance(error, sqlite3.Error):
        return disk_full(str(error), home) or _of_sqlite(str(error), home)
    if type(error).__module__ == "_duckdb":
        # Outside the gate: a warehouse that is opened, a snapshot that is read.
        return disk_full(engine_words(error), Path(home).parent)
    if isinstance(error, OSError) and (full := disk_full(error.strerror or "", error.filename or home)):
        return full
    if isinstance(error, yaml.YAMLError) or type(error).__name__ == "DagsterInvalidConfigError":
        file = str(Path(home) / "dagster.yaml")
        return ZhikeError(
            "the settings of Dagster in this home cannot be read", file, "correct it, or delete it: it is made anew"
        )
    if isinstance(error, OSError) and error.filename:
        return ZhikeError(f"a file or folder cannot be used: {error.strerror}", str(error.filename), WRITABLE)
    return None


def _of_sqlite(text: str, home: str) -> ZhikeError | None:
    if "readonly" in text or "unable to open" in text:
        return ZhikeError("Dagster's record of runs cannot be written", home, WRITABLE)
    if "locked" in text:
        return ZhikeError("another process is writing Dagster's record of runs", home, "run again when it has ended")
    if "malformed" in text or "not a database" in text or "no such table" in text or "no such column" in text:
        return ZhikeError("Dagster's record of runs is broken", home, ANEW)
    return None
