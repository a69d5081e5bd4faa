"""The searcher finds what is planted in each format, so that finding nothing says something."""

import gzip
import json
import sqlite3
import zlib
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from openpyxl import Workbook

from tests.traces import found, free_blocks

MARKER, HASH = "欧阳-kept 'nowhere'", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def in_duckdb(path: Path) -> None:
    """Among many alike, so that the engine packs it."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT 'someone ' || n % 50 AS name, [n] AS others FROM range(100000) AS r(n)"
        )
        connection.execute("INSERT INTO t VALUES (?, [1])", [MARKER])
        connection.execute("CREATE TABLE hashes AS SELECT unhex(?) AS hash", [HASH])


def in_parquet(path: Path) -> None:
    duckdb.execute(
        f"COPY (SELECT unnest([$marker, $hash]) AS name FROM range(1000)) TO '{path}' (FORMAT parquet, COMPRESSION zstd)",
        {"marker": MARKER, "hash": HASH},
    )


def in_sqlite(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (packed BLOB)")
        connection.execute("INSERT INTO t VALUES (?)", [zlib.compress(json.dumps([MARKER, HASH]).encode())])


def in_free_pages(path: Path) -> None:
    """Deleted rows stay where they were."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("CREATE TABLE t (name TEXT)")
        connection.executemany("INSERT INTO t VALUES (?)", [[f"{MARKER} {HASH}"]] * 500)
    connection.execute("DELETE FROM t")
    connection.commit()
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def in_wal(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (name TEXT);")
    connection.execute("INSERT INTO t VALUES (?)", [f"{MARKER} {HASH}"])
    log = path.with_name(f"{path.name}-wal").read_bytes()
    connection.close()
    path.unlink()
    path.with_name(f"{path.name}-wal").write_bytes(log)


def in_workbook(path: Path) -> None:
    book = Workbook()
    book.active.append([MARKER, HASH])
    book.save(path)


def in_zstd(path: Path) -> None:
    with pa.output_stream(str(path), compression="zstd") as file:
        file.write(f"{MARKER} {HASH}".encode())


PLANTS = {
    "warehouse.duckdb": in_duckdb,
    "rows.parquet": in_parquet,
    "packed.sqlite": in_sqlite,
    "free.db": in_free_pages,
    "log.db": in_wal,
    "list.xlsx": in_workbook,
    "rows.zst": in_zstd,
    "weights.npz": lambda path: np.savez_compressed(path, ids=np.array([MARKER, HASH, "x" * 90])),
    "rows.csv.gz": lambda path: path.write_bytes(gzip.compress(f"{MARKER},{HASH}".encode())),
    "told.log": lambda path: path.write_text(f"no customer {MARKER.upper()} {HASH}", "utf-8"),
    "twice.json": lambda path: path.write_text(json.dumps({"row": json.dumps([MARKER, HASH])})),
    "gbk.csv": lambda path: path.write_bytes(f"{MARKER},{HASH}".encode("gb18030")),
    "wide.txt": lambda path: path.write_text(f"{MARKER} {HASH}", "utf-16"),
}


@pytest.mark.parametrize("name", PLANTS)
def test_a_marker_is_found_in(tmp_path: Path, name: str) -> None:
    PLANTS[name](tmp_path / name)
    places = found(tmp_path, [MARKER, HASH])
    assert set.union(*places.values()) == {MARKER, HASH}, places
    assert all(place.startswith(name) for place in places)
    assert found(tmp_path, ["somebody else", HASH[::-1]]) == {}


def test_a_name_of_a_file_is_a_place_and_free_blocks_are_counted(tmp_path: Path) -> None:
    in_duckdb(tmp_path / "a.duckdb")
    assert free_blocks(tmp_path / "a.duckdb") == 0
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute("DROP TABLE t")
    assert free_blocks(tmp_path / "a.duckdb") > 0
    (tmp_path / "anna").mkdir()
    assert found(tmp_path, ["anna"]) == {"anna (its name)": {"anna"}}
