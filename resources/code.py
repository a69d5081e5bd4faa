"""Which code made a result: a version of the Python and SQL in some folders.

Comments, blank lines and the docstrings of functions, classes and modules do not count, so that correcting one makes
nothing old.
"""

import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_IGNORED = {
    ".py": re.compile(r'(?m)^\s*#.*$|(?<=:\n)\s*"""[\s\S]*?"""|\A\s*"""[\s\S]*?"""'),
    ".sql": re.compile(r"(?m)^\s*--.*$"),
    ".yaml": re.compile(r"(?m)^\s*#.*$"),
}


@cache
def code_version(*places: str) -> str:
    """The version of all files below some folders, or of single files; `places` are relative to the checkout."""
    digest = hashlib.sha256()
    for place in sorted(places):
        path = ROOT / place
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        for file in files:
            if file.suffix in _IGNORED:
                text = _IGNORED[file.suffix].sub("", file.read_text(encoding="utf-8"))
                lines = [line.rstrip() for line in text.splitlines() if line.strip()]
                digest.update("\n".join([file.name, *lines]).encode())
    return digest.hexdigest()[:12]


def place_of(module_file: str) -> str:
    """The folder of a module, as a place of `code_version`: within the checkout by its relative path, the same on every machine."""
    folder = Path(module_file).resolve().parent
    return str(folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder)


def sql_files(module_file: str) -> Callable[[str], str]:
    """Reads the SQL files beside a module by their names: `SQL = sql_files(__file__)`, then `SQL("customers")`."""
    folder = Path(module_file).parent

    @cache
    def read(name: str) -> str:
        return (folder / f"{name}.sql").read_text(encoding="utf-8")

    return read
