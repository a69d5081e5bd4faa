"""From texts as delivered to what is stored of each: a verdict or the reason why there is none, keywords, aspects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from assets.insights.sentiment.methods.aspects import blended, mentions
from assets.insights.sentiment.methods.installed import DOUBT, lukewarm
from assets.insights.sentiment.methods.linear import Documents, Model, log_odds
from resources import text as words_of
from resources.learning.ngrams import WORD_SEED, rolled, word_units

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

NEGATIVE, NEUTRAL, POSITIVE = "negative", "neutral", "positive"
LABELS = (NEGATIVE, NEUTRAL, POSITIVE)
# Words named as reasons on each side, and how much a word must weigh to be one.
NAMED, WEIGHT = 3, 0.5


def documents_of(
    texts: Sequence[str],
    prior: Model | None,
    tokens: Sequence[Sequence[str]] | None = None,
    *,
    is_whole: bool = True,
) -> Documents:
    """Normalised texts with their words and the score of `prior`."""
    documents = Documents(texts, tokens if tokens is not None else words_of.segmented(texts), is_whole=is_whole)
    return replace(documents, prior=prior.scores(documents)[:, 0]) if prior else documents


class Scores(Protocol):
    """What gives verdicts. `has_neutral` says whether it knows a probability of neutral."""

    @property
    def has_neutral(self) -> bool: ...
    def documents(
        self, texts: Sequence[str], tokens: Sequence[Sequence[str]] | None = None, *, is_whole: bool = True
    ) -> Documents: ...
    def understands(self, texts: Sequence[str]) -> "Array": ...
    def probabilities(self, documents: Documents) -> "Array": ...
    def labels(self, documents: Documents, probabilities: "Array") -> "Array": ...
    def speaking_words(self, documents: Documents) -> list[tuple[list[str], list[str]]]: ...


@dataclass(frozen=True)
class Engine:
    """A model, with the one whose score it takes as prior."""

    model: Model
    prior: Model | None = None

    @property
    def has_neutral(self) -> bool:
        return len(self.model.classes) == 3

    def documents(
        self, texts: Sequence[str], tokens: Sequence[Sequence[str]] | None = None, *, is_whole: bool = True
    ) -> Documents:
        return documents_of(texts, self.prior, tokens, is_whole=is_whole)

    def probabilities(self, documents: Documents) -> "Array":
        """A column for each of `LABELS`; 0 for neutral where the model knows praise and blame only."""
        found = self.model.probabilities(documents)
        return found if self.has_neutral else np.column_stack([found[:, 0], np.zeros(len(found)), found[:, 1]])

    def understands(self, texts: Sequence[str]) -> "Array":
        return self.model.understands(texts)

    def speaking_words(self, documents: Documents) -> list[tuple[list[str], list[str]]]:
        return speaking_words(self.model, documents.tokens)

    def labels(self, documents: Documents, probabilities: "Array") -> "Array":
        """Numbers of `LABELS`."""
        if self.has_neutral:
            return self.model.labels(probabilities)
        found = np.where(probabilities[:, 2] >= 0.5, 2, 0)
        doubtful = (probabilities[:, 2] > DOUBT[0]) & (probabilities[:, 2] < DOUBT[1])
        return np.where(doubtful & lukewarm(documents.texts), 1, found)


class Verdict(NamedTuple):
    """What is stored of a text. Without words to judge, `reason` says why and the rest is empty."""

    reason: str | None
    label: str | None
    p_negative: float | None
    p_neutral: float | None
    p_positive: float | None
    keywords: list[str]
    tags: list[str]
    words_for: list[str]
    words_against: list[str]
    aspects: list[dict[str, Any]]


def verdicts(
    texts: Sequence[str | None], engine: Scores | None, aspect_words: Mapping[str, Sequence[str]]
) -> list[Verdict]:
    """One a text, in their order."""
    normal = [words_of.normalised(text) for text in texts]
    reasons = _reasons(normal, engine)
    judged = [number for number, reason in enumerate(reasons) if reason is None]
    tagged = [
        words_of.tagged(text) if reasons[n] is None or reasons[n] == "no_model" else [] for n, text in enumerate(normal)
    ]
    keywords = [words_of.keywords(words) for words in tagged]
    found = {
        number: Verdict(reasons[number], None, None, None, None, *_split(keywords[number]), [], [], [])
        for number in range(len(texts))
        if reasons[number] is not None
    }
    if engine is not None and judged:
        documents = engine.documents([normal[n] for n in judged], [[word for word, _ in tagged[n]] for n in judged])
        probabilities = engine.probabilities(documents)
        labels = engine.labels(documents, probabilities)
        spoken = _aspects(documents.texts, probabilities, engine, aspect_words)
        heard = engine.speaking_words(documents)
        for place, number in enumerate(judged):
            negative, neutral, positive = (round(float(p), 4) for p in probabilities[place])
            found[number] = Verdict(
                None,
                LABELS[labels[place]],
                negative,
                neutral if engine.has_neutral else None,
                positive,
                *_split(keywords[number]),
                *heard[place],
                spoken[place],
            )
    return [found[number] for number in range(len(texts))]


def _split(keywords: Sequence[words_of.Word]) -> tuple[list[str], list[str]]:
    return [word for word, _ in keywords], [tag for _, tag in keywords]


def _reasons(texts: Sequence[str], engine: Scores | None) -> list[str | None]:
    """Why a text has no verdict; None where it has one."""
    understood = engine.understands(texts) if engine else np.ones(len(texts), dtype=bool)
    return [
        "empty"
        if not text
        else "template"
        if words_of.is_template(text)
        else "no_model"
        if engine is None
        else None
        if understood[number]
        else "other_script"
        if words_of.has_words(text)
        else "no_words"
        for number, text in enumerate(texts)
    ]


def _aspects(
    texts: Sequence[str], probabilities: "Array", engine: Scores, aspect_words: Mapping[str, Sequence[str]]
) -> list[list[dict[str, Any]]]:
    """For each text the aspects it speaks of, each with the clause that says most."""
    parts = [words_of.clauses(text) for text in texts]
    clauses, owners = list(chain.from_iterable(parts)), np.repeat(np.arange(len(texts)), [len(part) for part in parts])
    found = mentions(clauses, aspect_words)
    spoken: list[list[dict[str, Any]]] = [[] for _ in texts]
    if not found:
        return spoken
    named = sorted({mention.clause for mention in found})
    place = {clause: number for number, clause in enumerate(named)}
    of_clause = _lean(engine.probabilities(engine.documents([clauses[clause] for clause in named], is_whole=False)))
    of_review = _lean(probabilities)
    together: dict[tuple[int, str], list[int]] = {}
    for mention in found:
        together.setdefault((int(owners[mention.clause]), mention.aspect), []).append(mention.clause)
    for (owner, aspect), said in together.items():
        leans = np.array([of_clause[place[clause]] for clause in said])
        praised = float(blended(leans.mean(), of_review[owner]))
        telling = said[int(np.argmax(leans if praised >= 0.5 else -leans))]
        spoken[owner].append({"aspect": aspect, "p_praised": round(praised, 4), "clause": clauses[telling]})
    return spoken


def _lean(probabilities: "Array") -> "Array":
    """Log-odds of praise against blame."""
    sides = probabilities[:, [0, 2]] + 1e-6
    return log_odds(sides[:, 1] / sides.sum(axis=1))


def speaking_words(model: Model, tokens: Sequence[Sequence[str]]) -> list[tuple[list[str], list[str]]]:
    """For each text the words that speak most for it and against it; a word after a negation is taken with it."""
    weights = model.weights[:, -1] - (model.weights[:, 0] if len(model.classes) > 2 else 0)
    offset = len(model.characters.hashes)
    of_words = weights[offset : offset + len(model.words.hashes)] * model.words.idf
    grams = rolled(word_units(tokens), (1, 2), WORD_SEED)
    single, double = (_looked_up(model, of_words, hashes) for hashes, _ in grams)
    found, at, pair_at = [], 0, 0
    for words in tokens:
        weighed: dict[str, float] = {}
        for place, word in enumerate(words):
            if not word[0].isalpha() or word in words_of.STOP_WORDS or word in words_of.NEGATIONS:
                continue
            if place and words[place - 1] in words_of.NEGATIONS:
                joined = words[place - 1] + (word if words_of.is_chinese(word) else " " + word)
                weighed[joined] = float(single[at + place - 1] + single[at + place] + double[pair_at + place - 1])
            else:
                weighed[word] = float(single[at + place])
        ranked = sorted(weighed, key=lambda word: (-abs(weighed[word]), word))
        heavy = [word for word in ranked if abs(weighed[word]) >= WEIGHT]
        found.append(([w for w in heavy if weighed[w] > 0][:NAMED], [w for w in heavy if weighed[w] < 0][:NAMED]))
        at += len(words)
        pair_at += max(0, len(words) - 1)
    return found


def _looked_up(model: Model, weights: "Array", hashes: "Array") -> "Array":
    places, known = model.words.places(hashes)
    return np.where(known, weights[places], 0.0) if len(weights) else np.zeros(len(hashes))
