"""One thread for a fit: sums in parallel depend on the number of threads, and on small tables threads wait longer than they work."""

import sys
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[object]:
    """Holds the numeric libraries that are loaded to one thread, for as long as the context lasts."""
    return _controller(len(sys.modules)).limit(limits=1)


@lru_cache(maxsize=1)
def _controller(modules: int) -> "ThreadpoolController":
    """Looks through all libraries of the process, which takes milliseconds: anew only when modules were loaded since."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
