"""CPU time and peak memory of a function, run alone in a fresh process.

The figures are those of the whole child: interpreter start and imports are part of what a user waits and pays for.
"""

import resource
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any


@dataclass(frozen=True)
class Measurement:
    result: Any
    cpu_seconds: float
    wall_seconds: float
    peak_mib: float


def measured(function: Callable[..., Any], *arguments: Any) -> Measurement:
    """Run `function(*arguments)`, all of it picklable, in a process of its own."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_observed, function, arguments).result()


def _observed(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Measurement:
    started = perf_counter()
    result = function(*arguments)
    wall_seconds = perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return Measurement(result, usage.ru_utime + usage.ru_stime, wall_seconds, _peak_mib(usage.ru_maxrss))


def _peak_mib(max_rss: int) -> float:
    # Linux carries the parent's peak over into ru_maxrss of a child it starts; VmHWM begins anew with the program.
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) / 1024
    return max_rss / (1024**2 if sys.platform == "darwin" else 1024)
