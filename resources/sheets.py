"""A sheet of an Excel workbook as text: what it shows of ids, dates as ISO, numbers as their digits."""

import csv
from array import array
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from resources.errors import ZhikeError

# A spreadsheet keeps 15 digits of a number and fills up with zeros.
DIGITS = 15


def write_sheet(path: str, sheet: str, skip: int, copy: Path) -> Sequence[int]:
    """Writes a sheet (the first, unless named) below its first `skip` rows into `copy` as CSV, and returns the number of each row that is
    written: those without a value are left out.

    A number of more than 15 digits is written in exponent notation, since its last ones are lost. Raises ZhikeError for what is no
    workbook, or has no such sheet.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        if sheet and sheet not in book.sheetnames:
            raise ZhikeError(
                f"the workbook has no sheet {sheet}", path, f"set `sheet` to one of {', '.join(book.sheetnames)}"
            )
        rows = (book[sheet] if sheet else book.worksheets[0]).iter_rows(min_row=skip + 1)
        with copy.open("w", encoding="utf-8", newline="") as file:
            numbers = array("L")
            writer = csv.writer(file, lineterminator="\r\n")
            for number, texts in _filled(enumerate(rows, skip + 1)):
                numbers.append(number)
                writer.writerow(texts)
        book.close()
        return numbers
    except (BadZipFile, InvalidFileException, KeyError, EOFError, SyntaxError, ValueError) as error:
        raise ZhikeError(
            f"the file is cut, or no Excel workbook without a password: {type(error).__name__}",
            path,
            "save it again as .xlsx, or as CSV in UTF-8",
        ) from None


def _filled(rows: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, list[str]]]:
    """The rows as wide as the first one that has values, wider only where they have more."""
    width = 0
    for number, cells in rows:
        texts = [_text(cell) for cell in cells]
        while len(texts) > width and not texts[-1]:
            texts.pop()
        if any(texts):
            width = width or len(texts)
            yield number, texts + [""] * (width - len(texts))


def _text(cell: Any) -> str:
    value, shown = cell.value, cell.number_format if cell.value is not None else ""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return str(value.date() if value.time() == time() and "h" not in shown.lower() else value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (int, float)):
        if abs(value) >= 10**DIGITS:
            return f"{value:.{DIGITS - 1}e}"
        # 00000 shows an id with its zeros; a binary fraction shows no more than the digits that are kept.
        return f"{value:0{len(shown)}.0f}" if set(shown) == {"0"} else f"{value:.{DIGITS}g}"
    return str(value)
