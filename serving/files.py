"""Files that say the same in the same bytes whenever they are made, and what names their content."""

import hashlib
import re
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

# The first day that a zip file can name.
NO_DAY = (1980, 1, 1, 0, 0, 0)
MADE = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def content_hash(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pack(path: Path, entries: Mapping[str, Path]) -> None:
    """Writes files into a zip file, under names, in their order."""
    with zipfile.ZipFile(path, "w") as packed:
        for name, source in entries.items():
            with source.open("rb") as file:
                _put(packed, name, file)


def settle(path: Path) -> None:
    """Takes from a workbook when it was made."""
    settled = path.with_suffix(".settled")
    with zipfile.ZipFile(path) as book, zipfile.ZipFile(settled, "w") as packed:
        for entry in book.infolist():
            if entry.filename == "docProps/core.xml":
                text = MADE.sub(rb"\g<1>1980-01-01T00:00:00Z", book.read(entry))
                packed.writestr(_named(entry.filename), text)
                continue
            with book.open(entry) as file:
                _put(packed, entry.filename, file)
    settled.replace(path)


def _put(packed: zipfile.ZipFile, name: str, source: IO[bytes]) -> None:
    # Sizes are not known before: without this, one above 2 GB is refused.
    with packed.open(_named(name), "w", force_zip64=True) as target:
        shutil.copyfileobj(source, target)


def _named(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, NO_DAY)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry
