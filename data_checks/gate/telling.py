"""What a check says when it is done, as a sentence: which partition, the figure as people read it, the limit, an example, the file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from data_checks.gate.expectation import Expectation
from resources.tables import WHOLE, Table

NAMED_AFTER = 4
SHOWN = 31
SAMPLE_ROWS, SAMPLE_COLUMNS = 5, 6
MASKED = "•••"
LONGEST_EXAMPLE = 60


@dataclass(frozen=True)
class Judged:
    """What came of an expectation in a step: the figure of every partition, those that break its bounds, some of their rows."""

    expectation: Expectation
    figures: Mapping[str, float | None]
    failed: Sequence[str]
    sample: Sequence[Mapping[str, Any]]
    currency: str | None

    @property
    def worst(self) -> str | None:
        """The partition whose figure is furthest beyond the bounds, or nearest to them; none where no figure gives a verdict."""
        known = [key for key, value in self.figures.items() if value is not None]
        return max(known, key=lambda key: _excess(self.expectation, self.figures[key] or 0.0)) if known else None

    @property
    def limit(self) -> str:
        """The bounds as people read them."""
        low, high = self.expectation.at_least, self.expectation.at_most
        if low is not None and high is not None and abs(low) == abs(high) < 0.01:
            return "must be 0"
        if low is not None and high is not None:
            return f"from {self._read(low)} to {self._read(high)}"
        if high == 0 and self.expectation.unit == "rows":
            return "none allowed"
        return f"limit {self._read(high)}" if high is not None else f"at least {self._read(low or 0.0)}"

    def _read(self, value: float, digits: int = 3) -> str:
        if self.expectation.unit == "share":
            return f"{100 * value:.{digits}g} %"
        if self.expectation.unit == "money":
            return f"{value:,.2f} {self.currency or ''}".rstrip()
        times = " ×" if self.expectation.unit == "times" else ""
        return (f"{value:,.0f}" if float(value).is_integer() else f"{value:,.{digits}g}") + times

    def figure(self, key: str) -> str:
        """The figure of a partition; with as many digits as it takes to tell it from the limit."""
        value = self.figures.get(key)
        if value is None:
            return "no figure"
        bounds = {self._read(bound) for bound in (self.expectation.at_least, self.expectation.at_most) if bound}
        texts = [self._read(value, digits) for digits in (3, 5, 8)]
        return next((text for text in texts if text not in bounds), texts[0])

    def passed(self) -> str:
        """A sentence on an expectation that holds."""
        worst, count = self.worst, len(self.figures)
        among = f", of {count} partitions" if count > 1 else ""
        if worst is None:
            return "No verdict: there was too little to judge by, or nothing."
        on = f" in {worst}" if worst != WHOLE else ""
        if self.expectation.unit == "rows" and not self.figures[worst]:
            return f"No row breaks it{on if count == 1 else f' in {count} partitions'}."
        return f"{'At worst ' if count > 1 else ''}{self.figure(worst)}{on}{among} ({self.limit})."

    def failure(self, file: str | None) -> str:
        """A sentence on an expectation that is broken: its worst partition with an example and its file, and the others by name."""
        worst = self.worst_failed
        said = [f"{worst}: " if worst != WHOLE else "", self._broken(worst)]
        example = _example(self.expectation, self.sample)
        said += [f", e.g. {example}"] if example else []
        said += [f"; file {file}"] if file else []
        return "".join(said) + "." + others_of([key for key in self.failed if key != worst])

    @property
    def worst_failed(self) -> str:
        """The worst of the partitions that break the bounds."""
        return max(self.failed, key=lambda key: _excess(self.expectation, self.figures.get(key) or 0.0))

    def _broken(self, key: str) -> str:
        figure, words = self.figure(key), self.expectation.name.split("_")
        if self.expectation.unit == "share" and words[0] == "few" and self.expectation.at_least is None:
            return f"{figure} of the {words[1]} ({self.limit}) {' '.join(words[2:])}"
        rule = f"“{' '.join(words)}”"
        if self.expectation.unit == "rows" and self.expectation.at_least is None:
            return f"{figure} {'row breaks' if figure == '1' else 'rows break'} the rule {rule} ({self.limit})"
        return f"{rule} does not hold: {figure} ({self.limit})"


def others_of(keys: Sequence[str]) -> str:
    """That more partitions are concerned, some by name."""
    return f" The same in {len(keys)} more: {listed(keys)}." if keys else ""


def listed(keys: Sequence[str]) -> str:
    """The first partitions by name."""
    return f"{', '.join(keys[:NAMED_AFTER])}{', …' if len(keys) > NAMED_AFTER else ''}"


def sample_of(table: Table, expectation: Expectation, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows that break an expectation, in as many columns as a page has room for: the key, what the predicate names, then the others."""
    named = [*table.key, *re.findall(r"\w+", expectation.offending or "")]
    kept: list[dict[str, Any]] = []
    for row in rows[:SAMPLE_ROWS]:
        chosen = sorted(row, key=lambda name: named.index(name) if name in named else len(named))[:SAMPLE_COLUMNS]
        kept.append({name: value for name, value in row.items() if name in chosen})
    return kept


def table_of(rows: Sequence[Mapping[str, Any]]) -> dg.TableMetadataValue:
    """Rows as a table of the web UI."""
    return dg.MetadataValue.table([dg.TableRecord(dict(row)) for row in rows[:SHOWN]])


def waiting(failed: Sequence[str], inputs: Mapping[str, Sequence[str]]) -> str:
    """What the first partition without its inputs waits for, and which others wait."""
    first = failed[0]
    lacking = inputs.get(first, [])
    more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
    named = lacking[0] if lacking else "its inputs"
    return f"{first} waits for {named}{more}: not published, or changed inputs since. Run that first.{others_of(failed[1:])}"


def _excess(expectation: Expectation, value: float) -> float:
    beyond = [value - expectation.at_most] if expectation.at_most is not None else []
    beyond += [expectation.at_least - value] if expectation.at_least is not None else []
    return max(beyond, default=0.0)


def _example(expectation: Expectation, sample: Sequence[Mapping[str, Any]]) -> str | None:
    """A value of the first row that breaks the expectation: why it is set aside, else of a column that its predicate names."""
    row = sample[0] if sample else {}
    named = ["reason", *re.findall(r"\w+", expectation.offending or "")]
    for column in named:
        value = row.get(column)
        if value is not None and MASKED not in str(value):
            return f"{'' if column == 'reason' else f'{column} '}{str(value)[:LONGEST_EXAMPLE]}"
    return None
