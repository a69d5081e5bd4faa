"""The files that advertising platforms take, byte by byte: who is to be added to a list there, and who is to be taken off it.

Lines stand in the order of their keys, not of customers: what a file shows is who is on it, and nothing else.

- Google, Meta, TikTok: a CSV with a heading, a line a person; who has more keys of a kind has more lines.
- Tencent (腾讯广告): a key a line, in a zip file a kind of key.
- Ocean Engine (巨量引擎): in a zip file lines of base64, each a message DmpData of at most 10,000 keys in the wire format of Protocol Buffers 2.
"""

import base64
import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from resources.audiences import Platform
from resources.exports import Key
from serving.files import pack

HEADINGS: dict[str, tuple[str, str]] = {
    "google": ("Email", "Phone"),
    "meta": ("email", "phone"),
    "tiktok": ("Email_SHA256", "Phone_SHA256"),
}
ID_TYPES = {"phone_md5": "HASH_MOBILE_PHONE", "phone_sha256": "SHA256_MOBILE_PHONE"}
# A line of 65 bytes each: a file keeps well below the 100 MB that Tencent takes.
MOST_LINES = 1_000_000
MOST_IDS = 10_000
# Of IdItem the fields dataType (2, a number) and id (3, a text), of DmpData idList (1).
MOBILE_HASH_SHA256, SHA256_BYTES = 6, 64
ITEM = bytes((2 << 3, MOBILE_HASH_SHA256, 3 << 3 | 2, SHA256_BYTES))
IN_LIST = bytes((1 << 3 | 2, len(ITEM) + SHA256_BYTES))


def write(platform: Platform, folder: Path, step: str, people: Iterable[Sequence[Key]]) -> dict[str, Path]:
    """Writes the files of a step (add or remove) into a folder, and returns them by their names. `people`: of each person the keys."""
    if platform in HEADINGS:
        path = folder / f"{step}.csv"
        _write_table(path, HEADINGS[platform], people)
        return {path.name: path}
    by_type: dict[str, set[str]] = {}
    for keys in people:
        for key_type, value in keys:
            by_type.setdefault(key_type, set()).add(value)
    if platform == "tencent":
        return _write_tencent(folder, step, by_type)
    return _write_ocean_engine(folder, step, sorted(by_type.get("phone_sha256", ())))


def _write_table(path: Path, headings: tuple[str, str], people: Iterable[Sequence[Key]]) -> None:
    lines: set[tuple[str, str]] = set()
    for keys in people:
        of = {kind: sorted(value for key, value in keys if key == f"{kind}_sha256") for kind in ("email", "phone")}
        lines.update(zip_longest(of["email"], of["phone"], fillvalue=""))
    with path.open("w", encoding="ascii", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(headings)
        writer.writerows(sorted(lines))


def _write_tencent(folder: Path, step: str, by_type: Mapping[str, set[str]]) -> dict[str, Path]:
    written: dict[str, Path] = {}
    for key_type, values in sorted(by_type.items()):
        for number, part in enumerate(_parts(sorted(values), MOST_LINES), 1):
            name = f"{step}-{ID_TYPES[key_type]}-{number}"
            text = folder / f"{name}.txt"
            text.write_text("".join(f"{value}\n" for value in part), encoding="ascii")
            written[f"{name}.zip"] = folder / f"{name}.zip"
            pack(folder / f"{name}.zip", {text.name: text})
    return written


def _write_ocean_engine(folder: Path, step: str, values: Sequence[str]) -> dict[str, Path]:
    written: dict[str, Path] = {}
    for number, part in enumerate(_parts(values, MOST_LINES), 1):
        name = f"{step}-MOBILE_HASH_SHA256-{number}"
        text = folder / f"{name}.txt"
        with text.open("wb") as file:
            for some in _parts(part, MOST_IDS):
                file.write(base64.b64encode(message(some)) + b"\n")
        written[f"{name}.zip"] = folder / f"{name}.zip"
        pack(folder / f"{name}.zip", {text.name: text})
    return written


def _parts(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def message(values: Iterable[str]) -> bytes:
    """A DmpData message of SHA-256 hashes of numbers, each of 64 characters."""
    return b"".join(IN_LIST + ITEM + value.encode("ascii") for value in values)
