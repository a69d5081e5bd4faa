"""Makes assets/insights/service/methods/reranker.npz: `python -m benchmarks.reranker` (atec_question_pairs, cic_intents under ZHIKE_DATA).

From atec's questions of no judged cluster (see benchmarks.question_pairs) and the wordings (not the labels) of cic's training questions
come what words and characters are near to (positive pointwise mutual information with neighbours at either side, reduced by a singular
value decomposition: Levy, Goldberg & Dagan 2015) and how rare they are. Three quarters of the clusters that are not judged teach the
re-ranker: each question of a pair asks once a base of all of them. The last quarter says how sure a find is: bases of 3 to 200
entries, asked twice as many questions as they have entries for. From these the threshold is chosen, too: for bases of
20 and 50 entries together.
"""

import argparse
import gzip
import json
import math
import os
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from assets.insights.service.methods.base import KnowledgeBase
from assets.insights.service.methods.lexicon import Grams, Lexicon, Vectors
from assets.insights.service.methods.pairs import FEATURES
from assets.insights.service.methods.phrases import phrases
from assets.insights.service.methods.reranker import FILE, TOLD_BY, Reranker, told
from benchmarks.question_pairs import SEED, Case, questions

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Array = np.ndarray[Any, Any]

NEIGHBOURS = 2
WORD_DIMENSIONS, UNIT_DIMENSIONS = 64, 32
FEWEST_WORDS, FEWEST_GRAMS = 5, 8
PENALTY, GRAM_PENALTY = 1.0, 10.0
TAUGHT = 0.75
PRECISION = 0.95
SIZES = (6, 16, 40, 100, 200, 400)
"""Questions asked of a base, half of which have an entry there."""
DRAWS = 4
PROMISED = (40, 100)
"""The sizes for which, together, the precision is promised: bases of 20 and 50 entries."""


def vectors(rows: Sequence[Sequence[str]], dimensions: int) -> Vectors:
    """Rarity and direction of the parts of texts that at least `FEWEST_WORDS` of them hold."""
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import svds

    frequency = Counter(part for row in rows for part in set(row))
    names = sorted(part for part, count in frequency.items() if count >= FEWEST_WORDS)
    numbers = {name: number for number, name in enumerate(names)}
    beside: Counter[tuple[int, int]] = Counter()
    for row in rows:
        places = [numbers.get(part, -1) for part in row]
        for at, one in enumerate(places):
            for other in places[at + 1 : at + 1 + NEIGHBOURS]:
                if one >= 0 and other >= 0:
                    beside[one, len(names) + other] += 1
                    beside[other, one] += 1
    cells = np.array(list(beside), dtype=np.int64)
    counts = np.array(list(beside.values()), dtype=float)
    order = np.lexsort((cells[:, 1], cells[:, 0]))
    (one, other), counts = cells[order].T, counts[order]
    own = np.bincount(one, counts, len(names)) / counts.sum()
    around = np.bincount(other, counts, 2 * len(names)) ** 0.75
    around /= around.sum()
    information = np.maximum(np.log(counts / counts.sum() / (own[one] * around[other])), 0)
    matrix = coo_array((information, (one, other)), shape=(len(names), 2 * len(names))).tocsr()
    left, sizes, _ = cast("tuple[Array, Array, Array]", svds(matrix, k=dimensions, v0=np.ones(len(names))))
    directions = left * np.sqrt(sizes)
    directions /= np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-9)
    rarity = np.log((len(rows) + 1) / (np.array([frequency[name] for name in names]) + 1))
    return Vectors(np.array(names), rarity.astype(np.float32), directions.astype(np.float32))


def taught(cases: Sequence[Case], lexicon: Lexicon) -> tuple["Array", Grams]:
    """Weights of the features and of the grams, by the likelihood of the right one among the candidates, penalised."""
    from scipy.optimize import minimize

    rows, right, lists = _candidates(cases, lexicon)
    starts = np.flatnonzero(np.diff(lists, prepend=-1))
    width = len(FEATURES)
    # In units of their spread, so that one penalty is fair to all features.
    columns = width + len(lexicon.grams.names)
    scale = np.ones(columns)
    scale[:width] = 1 / np.maximum(rows[:, :width].toarray().std(axis=0), 1e-9)
    rows = (rows * scale).tocsr()
    transposed = rows.T.tocsr()
    penalty = np.full(columns, GRAM_PENALTY)
    penalty[:width] = PENALTY

    def loss(weights: "Array") -> tuple[float, "Array"]:
        margins = rows @ weights
        shifted = margins - np.maximum.reduceat(margins, starts)[lists]
        sizes = np.exp(shifted)
        sums = np.add.reduceat(sizes, starts)[lists]
        likelihood = float((right * (shifted - np.log(sums))).sum())
        gradient = transposed @ (sizes / sums - right)
        return -likelihood + 0.5 * float(penalty @ weights**2), gradient + penalty * weights

    found = minimize(loss, np.zeros(columns), jac=True, method="L-BFGS-B", options={"maxiter": 150})
    weights = found.x * scale
    return weights[:width], Grams(lexicon.grams.names, weights[width:].reshape(2, -1))


def _candidates(cases: Sequence[Case], lexicon: Lexicon) -> tuple["csr_array", "Array", "Array"]:
    """For all candidates of all questions: features and grams (both, alone), whether it is right (shares of 1 a list), the list."""
    from scipy.sparse import csr_array, hstack, vstack

    size, rows, right, lists, width = len(lexicon.grams.names), [], [], [], 0
    for turned in (False, True):
        turns = [Case(case.others[0], (case.asks, *case.others[1:])) if turned else case for case in cases]
        untaught = Reranker(lexicon, np.zeros(len(FEATURES)), np.zeros(0), 1.0, "")
        base = KnowledgeBase((case.entry(str(n)) for n, case in enumerate(turns)), untaught)
        numbers = lexicon.grams.numbers
        place = np.array([numbers.get(name, -1) for name in base.book.gram_numbers], dtype=np.int64)
        for number, question in enumerate(phrases([case.asks for case in turns])):
            chosen, bm25 = base.candidates(question)
            answers = base.owners[chosen] == number
            if not answers.any():
                continue
            there = base.book.grams.rows(chosen)
            held = base.book.held(question)[there.values]
            columns = place[there.values]
            cells = np.where(held, columns, size + columns)
            known = columns >= 0
            at = np.repeat(np.arange(len(chosen)), np.diff(there.starts))[known]
            grams = csr_array((np.ones(len(at)), (at, cells[known])), shape=(len(chosen), 2 * size))
            features = base.book.features(question, chosen, bm25, base.index.most(question.terms))
            rows.append(hstack([csr_array(features), grams], format="csr"))
            right.append(answers / answers.sum())
            lists.append(np.full(len(chosen), width))
            width += 1
    return vstack(rows, format="csr"), np.concatenate(right), np.concatenate(lists)


def sureness(cases: Sequence[Case], reranker: Reranker) -> tuple["Array", float]:
    """What is told of being right, weighed (logistic regression), and the probability from which on
    `PRECISION` of the first found are right."""
    from sklearn.linear_model import LogisticRegression

    told_rows, right, sizes = [], [], []
    draw = random.Random(SEED)
    for size in [*SIZES] * DRAWS:
        drawn = draw.sample(cases, len(cases))
        for start in range(0, len(cases) - size + 1, size):
            part = drawn[start : start + size]
            # Every second question has no entry.
            base = KnowledgeBase((case.entry(str(n)) for n, case in enumerate(part) if n % 2), reranker)
            ids = list(base.entries)
            for number, question in enumerate(phrases([case.asks for case in part])):
                chosen, bm25 = base.candidates(question)
                if not len(chosen):
                    continue
                features = base.book.features(question, chosen, bm25, base.index.most(question.terms))
                margins = reranker.margins(base.book, question, chosen, features)
                best = base.best_of_each(margins, chosen)
                told_rows.append(told(margins[best], features[best], len(ids))[:3])
                right += [ids[base.owners[chosen[row]]] == str(number) for row in best[:3]]
                sizes += [size, 0, 0][: len(best)]
    x, y, of_size = np.concatenate(told_rows), np.array(right, dtype=float), np.array(sizes)
    fitted = LogisticRegression(C=1.0, max_iter=3_000).fit(x, y)
    weights = np.append(fitted.coef_[0], fitted.intercept_[0])
    scores = 1 / (1 + np.exp(-(x @ weights[:-1] + weights[-1])))
    promised = np.isin(of_size, PROMISED)
    return weights, threshold_of(scores[promised], y[promised])


def threshold_of(scores: "Array", right: "Array") -> float:
    """The lowest score from which on `PRECISION` are right, by at least 50 rows; 1 where there is none."""
    order = np.argsort(-scores, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero((share >= PRECISION) & (np.arange(len(order)) >= 49))
    return round(float(scores[order][enough[-1]]), 4) if len(enough) else 1.0


def lexicon(texts: Sequence[str], cases: Sequence[Case]) -> Lexicon:
    """What words and units are near to, and the grams that are to be weighed."""
    parts = phrases(texts)
    asked = phrases([text for case in cases for text in (case.asks, *case.others)])
    frequency = Counter(gram for phrase in asked for gram in phrase.grams)
    grams = np.array(sorted(gram for gram, count in frequency.items() if count >= FEWEST_GRAMS))
    return Lexicon(
        vectors([phrase.words for phrase in parts], WORD_DIMENSIONS),
        vectors([phrase.units for phrase in parts], UNIT_DIMENSIONS),
        Grams(grams, np.zeros((2, len(grams)))),
    )


def made(folder: Path) -> Reranker:
    found = questions(folder)
    with gzip.open(folder / "cic_intents" / "train.json.gz", "rt", encoding="utf-8") as file:
        wordings = [json.loads(line)["sentence"] for line in file]
    cut = math.ceil(TAUGHT * len(found.learned))
    known = lexicon([*found.texts, *wordings], found.learned[:cut])
    weights, grams = taught(found.learned[:cut], known)
    known = Lexicon(known.words, known.units, grams)
    reranker = Reranker(known, weights, np.zeros(len(TOLD_BY) + 3), 1.0, "")
    right_weights, threshold = sureness(found.learned[cut:], reranker)
    note = (
        f"python -m benchmarks.reranker; {len(found.texts)} questions of atec and {len(wordings)} of cic read, {cut} clusters of atec "
        f"taught, {len(found.learned) - cut} say how sure a find is; none of the {len(found.judged)} judged ones (seed {SEED})"
    )
    return Reranker(known, weights, right_weights, threshold, note)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reranker", description="Makes the re-ranker of answers")
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args()
    reranker = made(Path(os.environ["ZHIKE_DATA"]))
    reranker.save(options.out)
    print(reranker.note)
    for name, weight in zip(FEATURES, reranker.weights, strict=True):
        print(f"{name:26}{weight:>9.3f}")
    print(f"threshold {reranker.threshold}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
