"""How well intents are recognised: `python -m benchmarks.intents --train FILE --test FILE`.

Files have the columns `text` and `intent` (or `category`; of the CIC set `sentence` and `label_des`) and, if they like,
`previous`; CSV or one JSON object a line, gz too. The intent `oos` says that a question is of none: such rows are left out
of the fit and judge, in the test file, what is named out of scope.
- Everything is chosen on `--train`; `--test` judges. Beside it stands one plain linear model (SGD, logistic loss, the same
  n-grams), with McNemar's exact test on the rows that only one of the two has right.
- `--checked FILE`: some rows of `--test` with labels that were checked by hand (row, hash of the text, final label).
- `--left-out N`: N times, a quarter of the intents is held out of the fit; what of their test rows is told apart, and answered.
"""

import argparse
import gzip
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.insights.service.methods import figures
from assets.insights.service.methods.features import Columns, Sample
from assets.insights.service.methods.fitting import PROMISED, Trained, fit
from assets.insights.service.methods.intents import IntentModel
from resources.learning.metrics import auc

if TYPE_CHECKING:
    import pandas as pd

    Array = np.ndarray[Any, Any]

OUT_OF_SCOPE = "oos"
NAMES = {"sentence": "text", "label_des": "intent", "category": "intent"}
# Questions timed one by one.
TIMED = 500


def read(path: Path) -> "pd.DataFrame":
    import pandas as pd

    if ".json" in path.suffixes:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            frame = pd.DataFrame([json.loads(line) for line in file])
    else:
        frame = pd.read_csv(path)
    frame = frame.rename(columns={old: new for old, new in NAMES.items() if new not in frame})
    frame["previous"] = frame["previous"].fillna("") if "previous" in frame else ""
    return frame[["text", "intent", "previous"]].astype(str)


def plain(train: "pd.DataFrame", test: "pd.DataFrame") -> "tuple[Array, Array]":
    """The scores of one plain linear model, and the intents of their columns."""
    from sklearn.linear_model import SGDClassifier

    columns, matrix = Columns.of(Sample.of(list(train["text"]), list(train["previous"])), (1.0, 1.0, 1.0), 2)
    model = SGDClassifier(loss="log_loss", alpha=5e-5, random_state=0).fit(matrix, train["intent"])
    return model.decision_function(columns.of_texts(list(test["text"]), list(test["previous"]))), model.classes_


def judged(model: IntentModel, test: "pd.DataFrame") -> dict[str, Any]:
    """Figures of the test rows that have an intent which the model knows or not, but one."""
    texts, previous, truth = list(test["text"]), list(test["previous"]), test["intent"].to_numpy()
    scores = model.scores(model.columns.of_texts(texts, previous))
    return figures.judged(model.intents, model.probabilities(scores), truth, model.sure_from)


def compared(model: IntentModel, train: "pd.DataFrame", test: "pd.DataFrame") -> dict[str, Any]:
    other, names = plain(train, test)
    scores = model.scores(model.columns.of_texts(list(test["text"]), list(test["previous"])))
    truth = test["intent"].to_numpy()
    ours, theirs = np.array(model.intents)[scores.argmax(axis=1)], names[other.argmax(axis=1)]
    base = figures.ranked(tuple(names), other, truth)
    return {"plain_" + name: value for name, value in base.items()} | figures.paired(ours == truth, theirs == truth)


def left_out(train: "pd.DataFrame", tests: "dict[str, pd.DataFrame]", trained: Trained, seeds: int) -> dict[str, Any]:
    """For each set of test rows the means over seeds of what is told of intents that a fit has never seen."""
    names = np.array(trained.model.intents)
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in tests}
    for seed in range(seeds):
        new = set(np.random.default_rng(seed).permutation(names)[: len(names) // 4])
        known = train[~train["intent"].isin(new)]
        model = fit(list(known["text"]), list(known["intent"]), list(known["previous"]), (trained.recipe,)).model
        for name, test in tests.items():
            rows[name].append(scope_figures(model, test, test["intent"].isin(new).to_numpy()))
    return {
        name: {figure: round(float(np.mean([row[figure] for row in found])), 4) for figure in found[0]}
        | {"auroc_spread": round(float(np.std([row["auroc"] for row in found], ddof=1)), 4), "seeds": seeds}
        for name, found in rows.items()
    }


def scope_figures(model: IntentModel, test: "pd.DataFrame", is_new: "Array") -> dict[str, float]:
    texts, previous = list(test["text"]), list(test["previous"])
    matrix = model.columns.of_texts(texts, previous)
    scores = model.scores(matrix)
    confidence = model.probabilities(scores).max(axis=1)
    right = np.array(model.intents)[scores.argmax(axis=1)] == test["intent"].to_numpy()
    readings = model.read(texts, previous)
    in_scope, sure = (np.array([getattr(reading, name) for reading in readings]) for name in ("is_in_scope", "is_sure"))
    from_here = figures.threshold_of(confidence[~is_new], right[~is_new], PROMISED)
    return {
        "auroc": auc((~is_new).astype(float), model.scope.scores(matrix, scores)),
        "auroc_highest_score": auc((~is_new).astype(float), scores.max(axis=1)),
        "known_in_scope": in_scope[~is_new].mean(),
        "unseen_in_scope": in_scope[is_new].mean(),
        "known_sure": sure[~is_new].mean(),
        "known_sure_right": right[~is_new & sure].mean() if (~is_new & sure).any() else 1.0,
        "unseen_sure": sure[is_new].mean(),
        "known_answered_at_95": (confidence[~is_new] >= from_here).mean(),
        "unseen_answered_at_95": (confidence[is_new] >= from_here).mean(),
    }


def checked(test: "pd.DataFrame", path: Path) -> "pd.DataFrame":
    """The rows of a test file that were checked by hand, with the labels found. Raises ValueError where a row is another text."""
    import pandas as pd

    rows = pd.read_csv(path, dtype={"row": int}).fillna("")
    found = test.iloc[rows["row"]].reset_index(drop=True)
    for text, expected in zip(found["text"], rows["text_hash"], strict=True):
        if hash_of(text) != expected:
            raise ValueError(f"{path.name} was made of another file: {expected} is not the hash of its row")
    found["intent"] = rows["final"]
    return found[found["intent"] != ""].reset_index(drop=True)


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def speed(model: IntentModel, texts: Sequence[str]) -> dict[str, float]:
    """CPU milliseconds a question, read one by one and in one batch."""
    model.read(texts[:2])
    started = process_time()
    for text in texts[:TIMED]:
        model.read([text])
    single = (process_time() - started) / min(TIMED, len(texts))
    started = process_time()
    model.read(texts)
    return {
        "single_ms": round(single * 1000, 2),
        "batch_ms": round((process_time() - started) / len(texts) * 1000, 3),
    }


def print_figures(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for title, part in found.items():
        table = Table("figure", "value", title=title.replace("_", " "))
        for name, value in part.items():
            table.add_row(name.replace("_", " "), str(value))
        console.print(table)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intents", description="Intents of messages")
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--test", type=Path, required=True)
    parser.add_argument("--checked", type=Path, help="rows of the test file with labels checked by hand")
    parser.add_argument(
        "--left-out", type=int, default=0, metavar="N", help="hold a quarter of the intents out, N times"
    )
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args(arguments)
    train, test = read(options.train), read(options.test)
    train = train[train["intent"] != OUT_OF_SCOPE]
    is_out = (test["intent"] == OUT_OF_SCOPE).to_numpy()
    asked = test[~is_out].reset_index(drop=True)
    started = process_time()
    trained = fit(list(train["text"]), list(train["intent"]), list(train["previous"]))
    seconds = process_time() - started
    model = trained.model
    found: dict[str, Any] = {
        "fit": {
            "rows": len(train),
            "intents": len(model.intents),
            "recipe": trained.recipe.name,
            "wrong_labels_estimated": trained.wrong_share,
            "cpu_seconds": round(seconds, 1),
        }
        | trained.tried,
        "test": judged(model, asked) | compared(model, train, asked),
        "speed": speed(model, list(asked["text"])),
    }
    if is_out.any():
        told = scope_figures(model, test, is_out)
        found["out_of_scope"] = {name: round(float(value), 4) for name, value in told.items()}
    tests = {"left_out": asked}
    if options.checked:
        rows = checked(test, options.checked)
        found["checked"] = judged(model, rows) | compared(model, train, rows)
        tests["left_out_checked"] = rows
    if options.left_out:
        found |= left_out(train, tests, trained, options.left_out)
    print_figures(found)
    if options.json:
        print(json.dumps(found, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
