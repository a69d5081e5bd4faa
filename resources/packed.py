"""Files that may be packed (.gz, .zst): opened, and read to their end, which the engine does not check."""

import gzip
import io
import zlib
from pathlib import Path
from typing import IO

from resources.errors import ZhikeError

BLOCK = 1 << 20
TAIL = 64
PACKED = (".gz", ".zst")


def unpacked_name(path: str) -> str:
    """The name of a file without the ending of its packing."""
    name = Path(path).name
    return name.rpartition(".")[0] if name.endswith(PACKED) else name


def opened(path: str) -> "IO[bytes]":
    """A file's content, unpacked."""
    if path.endswith(".gz"):
        return gzip.open(path, "rb")
    if path.endswith(".zst"):
        import pyarrow as pa

        return pa.input_stream(path, compression="zstd")  # pyright: ignore[reportReturnType]
    return Path(path).open("rb")


def tail(path: str) -> bytes:
    """The last bytes of a file's text, TAIL at most. Raises ZhikeError for a packed file that is cut or damaged."""
    try:
        if path.endswith(".zst"):
            _walk_frames(path)
        if not path.endswith(PACKED):
            with Path(path).open("rb") as file:
                file.seek(0, io.SEEK_END)
                file.seek(max(0, file.tell() - TAIL))
                return file.read(TAIL)
        last = b""
        with opened(path) as file:
            while block := file.read(BLOCK):
                last = (last + block)[-TAIL:]
        return last
    except (EOFError, zlib.error, OSError) as error:
        raise ZhikeError(f"the file is cut or damaged: {error}", path, "deliver it again, whole") from None


def _walk_frames(path: str) -> None:
    """Raises EOFError where a Zstandard stream (RFC 8878) ends within a frame."""
    content = Path(path).read_bytes()
    at = 0
    while at < len(content):
        magic = int.from_bytes(content[at : at + 4], "little")
        if 0x184D2A50 <= magic <= 0x184D2A5F:
            at += 8 + int.from_bytes(content[at + 4 : at + 8], "little")
            continue
        if magic != 0xFD2FB528 or at + 5 > len(content):
            raise EOFError("it does not go on as a Zstandard frame")
        flags = content[at + 4]
        single = flags >> 5 & 1
        size = (single, 2, 4, 8)[flags >> 6]
        at += 5 + (1 - single) + (0, 1, 2, 4)[flags & 3] + size
        is_last = False
        while not is_last:
            if at + 3 > len(content):
                raise EOFError("it ends before its last block")
            block = int.from_bytes(content[at : at + 3], "little")
            is_last = bool(block & 1)
            at += 3 + (1 if block >> 1 & 3 == 1 else block >> 3)
        at += 4 if flags >> 2 & 1 else 0
    if at > len(content):
        raise EOFError("it ends before its last block")
