"""What is dear to make is made once a test session, whichever worker needs it first; the others wait for it."""

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that `make` has filled, shared by the workers of a session. Not to be changed by any of them."""
    base = factory.getbasetemp()
    # A worker's own folder lies in that of the session.
    root = base.parent if base.name.startswith("popen-") else base
    folder = root / f"shared-{name}"
    with (root / f"shared-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".made").exists():
            folder.mkdir(exist_ok=True)
            make(folder)
            (folder / ".made").touch()
    return folder
