"""The errors that people read: what is wrong, where, and what to do about it; and what a fit lacks. They show nothing of a person."""

import re
from datetime import date

from resources.masks import masked

# How a message of the CSV reader goes on after the line that it quotes, which may itself have several.
_QUOTED_LINE = re.compile(
    r"Original Line:.*?(?:\n(?=Error when|Expected Number|Invalid unicode|Value with|Maximum line|Possible|The )|\Z)",
    re.DOTALL,
)
_QUOTED_VALUE = re.compile(
    r"(?P<lead>\b(?:string|value|format:|range:|numerical:|Input:|key|cast|date|timestamp|time|interval)\s+)(?P<quote>[\"'])(?P<value>.*)(?P=quote)",
    re.DOTALL,
)

FULL = ("no space left", "could not write", "file too large", "disk quota exceeded", "disk is full", "disk i/o")


class ZhikeError(Exception):
    """Bad input or a bad place. The command line prints it and exits with 1; a run fails with it.

    Personal values in `what` are masked; `where` and `remedy` hold paths, names and the code's own words, and stay readable.
    """

    def __init__(self, what: str, where: str, remedy: str):
        what = masked(what)
        super().__init__(f"{what}\n  where: {where}\n  what to do: {remedy}")
        self.what = what
        self.where = where
        self.remedy = remedy


class NotEnough(ValueError):
    """Too little to learn from: what is needed, what there is, and, where that can be said, from which day there is enough.
    `least` is the number in what is needed, for those who word it otherwise."""

    def __init__(self, needs: str, has: object, enough_on: date | None = None, least: int | None = None):
        later = f"; there is enough from {enough_on} on" if enough_on else ""
        super().__init__(f"not enough history: needs {needs}, has {has}{later}")
        self.needs = needs
        self.has = has
        self.enough_on = enough_on
        self.least = least


def disk_full(said: str, where: object) -> ZhikeError | None:
    """The error of a full disk at `where`, if what the system or the engine said tells of one."""
    if not any(word in said.lower() for word in FULL):
        return None
    remedy = (
        "free space there (1.5 times the data is a safe size) and run again; what was published before is untouched"
    )
    return ZhikeError(f"the disk is full: {said}", str(where), remedy)


def engine_words(error: BaseException) -> str:
    """What the engine says, in one line, without what it quotes of a row: no line of a file, and of a value its shape only (9 a digit, x a letter),
    because names and addresses cannot be told by rule. Raise `from None` beside it: a chained error is logged with its own words."""
    text = _QUOTED_LINE.sub("", str(error).split("\n\nLINE ")[0])
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # Of a value's errors the second line may be the value once more.
    has_more = "CSV Error" in text or not text.startswith(("Conversion Error", "Invalid Input Error"))
    said = _QUOTED_VALUE.sub(
        lambda found: f"{found['lead']}'{shape(found['value'])}'", " ".join(lines[: 2 if has_more else 1])
    )
    return masked(said)


def shape(value: str) -> str:
    """A value with its letters and digits hidden: what is wrong with it shows in its shape."""
    return "".join("9" if sign.isdigit() else "x" if sign.isalpha() else sign for sign in value)
