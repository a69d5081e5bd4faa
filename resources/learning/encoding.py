"""From a table to numbers: what is learned from the rows at the fit, and is data from then on.

Numbers: capped where asked (what grows with the calendar must not), missing ones filled with the median and flagged, logs
where that makes a skewed column less skewed, standardised, cut off at five standard deviations. Texts: one column a
frequent level; rare, unseen and missing ones stand together. Nothing depends on the order of the rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CLIP = 5.0
SKEWED = 1.0
RARE_SHARE, RARE_ROWS = 0.01, 10
MOST_LEVELS = 30
OTHER = "(other)"


@dataclass(frozen=True)
class Numeric:
    name: str
    cap: float | None
    is_log: bool
    fill: float
    mean: float
    scale: float
    has_missing: bool

    def column(self, values: Floats) -> Floats:
        """The measure in standard deviations; missing ones at the median."""
        scaled = (self.measured(values) - self.mean) / self.scale
        return np.clip(np.where(np.isnan(scaled), (self.fill - self.mean) / self.scale, scaled), -CLIP, CLIP)

    def measured(self, values: Floats) -> Floats:
        capped = values if self.cap is None else np.minimum(values, self.cap)
        return _log(capped) if self.is_log else capped


@dataclass(frozen=True)
class Levels:
    name: str
    levels: tuple[str, ...]

    def columns(self, values: pd.Series) -> Floats:
        """0/1 a level, the last column for all others."""
        number = {level: at for at, level in enumerate(self.levels)}
        codes, found = _coded(values)
        columns = np.array([number.get(level, len(self.levels)) for level in found], int)
        return np.eye(len(self.levels) + 1)[columns[codes]]


@dataclass(frozen=True)
class Encoding:
    numeric: tuple[Numeric, ...]
    levels: tuple[Levels, ...]

    @property
    def features(self) -> list[str]:
        return [n.name for n in self.numeric] + [c.name for c in self.levels]

    @property
    def sources(self) -> NDArray[np.int64]:
        """Of each column of the matrix, which of `features` it comes from."""
        numbers = list(range(len(self.numeric)))
        flags = [number for number in numbers if self.numeric[number].has_missing]
        levels = [len(numbers) + at for at, found in enumerate(self.levels) for _ in range(len(found.levels) + 1)]
        return np.array(numbers + flags + levels, np.int64)

    def matrix(self, frame: pd.DataFrame) -> Floats:
        values = [floats(frame[n.name]) for n in self.numeric]
        columns = [n.column(v) for n, v in zip(self.numeric, values, strict=True)]
        columns += [np.isnan(v).astype(float) for n, v in zip(self.numeric, values, strict=True) if n.has_missing]
        blocks = [np.column_stack(columns)] if columns else []
        blocks += [found.columns(frame[found.name]) for found in self.levels]
        return np.ascontiguousarray(np.hstack(blocks)) if blocks else np.empty((len(frame), 0))

    def parameters(self) -> dict[str, Any]:
        return {
            "numeric": [asdict(n) for n in self.numeric],
            "levels": [{"name": c.name, "levels": list(c.levels)} for c in self.levels],
        }

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> "Encoding":
        return cls(
            tuple(Numeric(**entry) for entry in parameters["numeric"]),
            tuple(Levels(entry["name"], tuple(entry["levels"])) for entry in parameters["levels"]),
        )


def learn(frame: pd.DataFrame, features: Sequence[str], caps: Mapping[str, float] | None = None) -> Encoding:
    """The encoding of `features`: numbers and truth values as such, all else as levels. Features that do not vary fall away."""
    numeric, levels = [], []
    for name in features:
        if is_number(frame[name]):
            found = _numeric(name, floats(frame[name]), (caps or {}).get(name))
        else:
            found = _levels(frame[name])
        if isinstance(found, Numeric):
            numeric.append(found)
        elif found:
            levels.append(found)
    return Encoding(tuple(numeric), tuple(levels))


def is_number(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column):
        return True
    present = column.dropna()
    return column.dtype == object and len(present) > 0 and not isinstance(present.iloc[0], str)


def floats(column: pd.Series) -> Floats:
    """A column as floats; what is no finite number is missing. DECIMAL money arrives as objects."""
    plain = column.dtype.kind in "fiub" and isinstance(column.dtype, np.dtype)
    values = (
        column.to_numpy(float) if plain else pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)
    )
    return np.where(np.isfinite(values), values, np.nan)


def _numeric(name: str, values: Floats, cap: float | None) -> Numeric | None:
    missing = np.isnan(values)
    # Sorted: a sum of floats depends on the order of its terms.
    present = np.sort(values[~missing])
    if cap is not None:
        present = np.minimum(present, cap)
    if not len(present) or present[0] == present[-1]:
        return None
    logs = _log(present)
    is_log = abs(_skew(present)) > SKEWED and abs(_skew(logs)) < abs(_skew(present))
    measured = logs if is_log else present
    scale = float(measured.std())
    if scale < 1e-12:
        return None
    return Numeric(name, cap, is_log, float(np.median(measured)), float(measured.mean()), scale, bool(missing.any()))


def _levels(column: pd.Series) -> Levels | None:
    codes, found = _coded(column)
    counts: dict[str, int] = {}
    for level, count in zip(found, np.bincount(codes, minlength=len(found)), strict=True):
        if count:
            counts[level] = counts.get(level, 0) + int(count)
    fewest = max(RARE_ROWS, RARE_SHARE * len(column))
    enough = [level for level, count in counts.items() if count >= fewest and level != OTHER]
    kept = sorted(enough, key=lambda level: (-counts[level], level))[:MOST_LEVELS]
    return Levels(str(column.name), tuple(kept)) if kept and len(counts) > 1 else None


def _coded(column: pd.Series) -> tuple[NDArray[np.int64], list[str]]:
    """The column as numbers of levels, and the levels as text; the last stands for what is missing."""
    codes, found = pd.factorize(column)
    return np.where(codes < 0, len(found), codes), [*(_text(value) for value in found), OTHER]


def _text(value: object) -> str:
    return OTHER if value is None or value != value or value is pd.NA or str(value).strip() == "" else str(value)


def _log(values: Floats) -> Floats:
    """log1p with its sign: a customer's spend is below zero when more was returned than bought."""
    return np.sign(values) * np.log1p(np.abs(values))


def _skew(ordered: Floats) -> float:
    deviation = ordered - ordered.mean()
    squared = deviation * deviation
    variance = float(squared.mean())
    # A product, which costs a fiftieth of a power.
    return float((squared * deviation).mean() / variance**1.5) if variance > 0 else 0.0
