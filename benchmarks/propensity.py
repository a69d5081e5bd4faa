"""How well the learners rank a labelled table: `python -m benchmarks.propensity --data FILE.csv --label COLUMN`.

Five-fold, stratified, shuffled with a fixed seed: every learner of resources/learning with the settings the assets use,
beside the mean rate and the best single numeric column, by mean (and spread) of AUC, AP and Brier over the folds.
`--drop COLUMN` leaves a column out (again for more). Files may be .gz.

Random folds are right for rows that are independent of each other, such as sessions; customers over time are judged on
later windows by `benchmarks.rebuy`.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pandas as pd

from resources.learning.encoding import floats, is_number
from resources.learning.metrics import auc, judged
from resources.learning.model import CLASSIFIERS, Floats, fit

FOLDS, SEED = 5, 0
FIGURES = ("auc", "ap", "brier", "ece", "lift")

Scorer = Callable[[pd.DataFrame, Floats, pd.DataFrame], Floats]


def read(path: Path, label: str, drop: list[str]) -> tuple[pd.DataFrame, Floats]:
    """The features of a labelled table and its labels: the rarer of the label's two values is 1, or the true one."""
    table = pd.read_csv(path)
    absent = [name for name in (label, *drop) if name not in table]
    if absent:
        raise SystemExit(f"{path} has no column {', '.join(absent)}; it has {', '.join(table.columns)}")
    values = table[label].dropna().unique()
    if len(values) != 2:
        raise SystemExit(f"{label} must have two values; it has {len(values)}")
    table = table[table[label].notna()].reset_index(drop=True)
    texts = table[label].astype(str).str.lower()
    positive = texts.isin(["1", "1.0", "true", "yes", "y"])
    if positive.nunique() != 2:
        positive = table[label] == table[label].value_counts().index[-1]
    features = table.drop(columns=[label, *drop])
    # Every value another one: an id, which can only be learned by heart.
    ids = [name for name in features if not is_number(features[name]) and features[name].nunique() == len(features)]
    return features.drop(columns=ids), positive.to_numpy(float)


def folds(y: Floats) -> list[tuple[Any, Any]]:
    from sklearn.model_selection import StratifiedKFold

    return list(StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(np.zeros(len(y)), y))


def mean_rate(_: pd.DataFrame, y: Floats, later: pd.DataFrame) -> Floats:
    return np.full(len(later), y.mean())


def best_column(frame: pd.DataFrame, y: Floats, later: pd.DataFrame) -> Floats:
    """The share of positives in tenths of the one numeric column that ranks best in training."""
    columns = {name: floats(frame[name]) for name in frame if is_number(frame[name])}
    columns = {name: np.nan_to_num(values, nan=np.nanmedian(values)) for name, values in columns.items()}
    best = max(columns, key=lambda name: abs(auc(y, columns[name]) - 0.5))
    edges = np.unique(np.quantile(columns[best], np.arange(1, 10) / 10))
    cells = np.searchsorted(edges, columns[best], side="right")
    counts = np.bincount(cells, minlength=len(edges) + 1)
    rates = (np.bincount(cells, y, len(edges) + 1) + y.mean()) / (counts + 1)
    return rates[np.searchsorted(edges, floats(later[best]), side="right")]


def learner(method: Any) -> Scorer:
    return lambda frame, y, later: fit(method, frame, y, list(frame)).predict(later)


def scored(frame: pd.DataFrame, y: Floats) -> list[dict[str, Any]]:
    """A row of figures a model."""
    models: dict[str, Scorer] = {"mean rate": mean_rate, "best single column": best_column}
    models |= {method: learner(method) for method in CLASSIFIERS}
    rows = []
    for name, scorer in models.items():
        started = process_time()
        found = [
            judged(y[test], scorer(frame.iloc[train].reset_index(drop=True), y[train], frame.iloc[test]))
            for train, test in folds(y)
        ]
        row: dict[str, Any] = {"model": name}
        for figure in FIGURES:
            values = [fold[figure] for fold in found]
            row[figure] = round(float(np.mean(values)), 4)
            row[f"{figure}_sd"] = round(float(np.std(values)), 4)
        rows.append(row | {"cpu_s": round(process_time() - started, 2)})
    return rows


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a CSV file with a header, plain or .gz")
    parser.add_argument("--label", required=True, help="the column of two values to be predicted")
    parser.add_argument("--drop", action="append", default=[], help="a column to leave out; again for more")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    options = parser.parse_args(arguments)
    frame, y = read(options.data, options.label, options.drop)
    rows = scored(frame, y)
    print(f"{len(y):,} rows, {frame.shape[1]} features, {y.mean():.1%} positive; {FOLDS} stratified folds")
    print(f"{'model':20}{'AUC':>16}{'AP':>16}{'Brier':>8}{'ECE':>8}{'lift':>7}{'CPU s':>8}")
    for row in rows:
        spread = [f"{row[name]:.3f} ± {row[f'{name}_sd']:.3f}" for name in ("auc", "ap")]
        print(
            f"{row['model']:20}{spread[0]:>16}{spread[1]:>16}{row['brier']:>8.3f}{row['ece']:>8.3f}"
            f"{row['lift']:>7.2f}{row['cpu_s']:>8.2f}"
        )
    if options.json:
        print(json.dumps({"rows": len(y), "features": list(frame), "rate": round(float(y.mean()), 4), "models": rows}))


if __name__ == "__main__":
    main()
