"""Questions of customers that are known to be the same, from atec_question_pairs under ZHIKE_DATA, and the part of them that judges.

Questions that are marked as the same, directly or through others, are a cluster. Of the 8,455 clusters 5,000, drawn with a fixed seed, are
judged; every text that is in none of them may be learned from. Of a cluster one question, drawn, asks; the others are its entry.
"""

import gzip
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assets.insights.service.methods.entries import Entry

FILE = Path("atec_question_pairs", "atec_nlp_sim_train.tsv.gz")
SEED = 15
JUDGED = 5_000


@dataclass(frozen=True)
class Case:
    """A question that asks, and the other questions of its cluster."""

    asks: str
    others: tuple[str, ...]

    def entry(self, answer_id: str) -> Entry:
        return Entry(answer_id, "", self.others[0], self.others[1:], "", "zh")


@dataclass(frozen=True)
class Questions:
    judged: list[Case]
    learned: list[Case]
    texts: list[str]
    """All that may be read without knowing what is the same: those of no judged cluster."""


def questions(folder: Path) -> Questions:
    """The questions, split by cluster."""
    leaders: dict[str, str] = {}

    def leader(text: str) -> str:
        while leaders.setdefault(text, text) != text:
            text = leaders[text] = leaders[leaders[text]]
        return text

    with gzip.open(folder / FILE, "rt", encoding="utf-8-sig") as file:
        for line in file:
            _, first, second, is_same = (part.strip() for part in line.rstrip("\n").split("\t"))
            one, other = leader(first), leader(second)
            if is_same == "1":
                leaders[one] = other
    clusters: dict[str, list[str]] = defaultdict(list)
    for text in leaders:
        clusters[leader(text)].append(text)
    several = sorted(sorted(cluster) for cluster in clusters.values() if len(cluster) > 1)
    draw = random.Random(SEED)
    draw.shuffle(several)
    held_back = {text for cluster in several[:JUDGED] for text in cluster}
    cases = [_case(draw, cluster) for cluster in several]
    return Questions(cases[:JUDGED], cases[JUDGED:], [text for text in leaders if text not in held_back])


def _case(draw: random.Random, cluster: Sequence[str]) -> Case:
    first, *others = draw.sample(cluster, len(cluster))
    return Case(first, tuple(others))
