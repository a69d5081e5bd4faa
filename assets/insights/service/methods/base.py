"""A shop's knowledge base, searched: BM25 over units and their bigrams (Robertson & Zaragoza 2009), re-ranked.

It needs nothing but the entries, answers in a few milliseconds, and says of each entry found how probable it is the one that was
asked for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.insights.service.methods.entries import Entry
from assets.insights.service.methods.pairs import Book
from assets.insights.service.methods.phrases import Phrase, phrases
from assets.insights.service.methods.reranker import Reranker, installed

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

CANDIDATES = 100
FOUND = 10
# An intent that was not thought of may be right all the same.
UNLIKELY = 0.02


@dataclass(frozen=True)
class Found:
    """An entry that was found. `score` ranks those of one question; `p_right`: the probability that it is what was asked for."""

    answer_id: str
    score: float
    p_right: float


class KnowledgeBase:
    """Entries to be searched; those without a question are never found."""

    def __init__(self, entries: Iterable[Entry], reranker: Reranker | None = None) -> None:
        self.entries = {entry.answer_id: entry for entry in entries}
        self.reranker = reranker or installed()
        rows = [(number, text) for number, entry in enumerate(self.entries.values()) for text in entry.phrasings]
        self._ids = list(self.entries)
        self._intents = np.array([entry.intent for entry in self.entries.values()], dtype=object)
        parts = phrases([text for _, text in rows])
        # A phrasing of marks alone holds nothing to be found by.
        kept = [number for number, phrase in enumerate(parts) if phrase.units]
        self.owners = np.array([rows[number][0] for number in kept], dtype=np.int64)
        self._parts = [parts[number] for number in kept]
        self.book = Book.of(self._parts, self.reranker.lexicon)
        self.index = Index.of([phrase.terms for phrase in self._parts])

    @property
    def threshold(self) -> float:
        """The `p_right` from which on the first found may be given as an answer."""
        return self.reranker.threshold

    def search(self, text: str, intents: Mapping[str, float] | None = None, k: int = FOUND) -> list[Found]:
        """The entries that come nearest to a text, best first, at most `k`. `intents`: the likely intents with their probabilities;
        entries of another one are found only where they are much nearer."""
        (question,) = phrases([text])
        chosen, bm25 = self.candidates(question)
        if not len(chosen):
            return []
        features = self.book.features(question, chosen, bm25, self.index.most(question.terms))
        margins = self.reranker.margins(self.book, question, chosen, features)
        if intents:
            likely = np.array([intents.get(intent, 0.0) for intent in self._intents[self.owners[chosen]]])
            margins = margins + np.log(np.maximum(likely, UNLIKELY))
        best = self.best_of_each(margins, chosen)
        found = self.reranker.p_right(margins[best], features[best], len(self.entries))
        return [
            Found(self._ids[self.owners[chosen[row]]], round(float(margins[row]), 4), round(float(p), 4))
            for row, p in zip(best[:k], found[:k], strict=True)
        ]

    def candidates(self, question: Phrase) -> tuple["Array", "Array"]:
        """Phrasings that share a term with the question, best first, with their BM25 scores."""
        scores = self.index.scores(question.terms)
        order = np.argsort(-scores, kind="stable")[:CANDIDATES]
        order = order[scores[order] > 0]
        return order, scores[order]

    def best_of_each(self, margins: "Array", chosen: "Array") -> "Array":
        """The rows of the best phrasing of each entry, best first."""
        order = np.argsort(-margins, kind="stable")
        _, first = np.unique(self.owners[chosen][order], return_index=True)
        return order[np.sort(first)]


@dataclass(frozen=True, eq=False)
class Index:
    bm25: Any
    """None where nothing is to be found."""
    largest: "Array"
    """The most that each term gives to any phrasing."""

    @classmethod
    def of(cls, terms: Sequence[list[str]]) -> "Index":
        import bm25s

        if not terms:
            return cls(None, np.zeros(0))
        bm25 = bm25s.BM25()
        bm25.index(list(terms), show_progress=False)
        starts, count = bm25.scores["indptr"], len(bm25.scores["data"])
        held = np.flatnonzero(np.diff(starts))
        largest = np.zeros(len(starts) - 1)
        if count:
            largest[held] = np.maximum.reduceat(bm25.scores["data"], starts[held])
        return cls(bm25, largest)

    def scores(self, terms: Sequence[str]) -> "Array":
        """Of every phrasing."""
        known = self._known(terms)
        return self.bm25.get_scores(known).astype(float) if known else np.zeros(0)

    def most(self, terms: Sequence[str]) -> float:
        """What a phrasing of just these terms scores at most; a term that is not known counts as the rarest."""
        known = self._known(terms)
        unknown = (len(terms) - len(known)) * float(self.largest.max(initial=0.0))
        return unknown + sum(float(self.largest[self.bm25.vocab_dict[term]]) for term in known)

    def _known(self, terms: Sequence[str]) -> list[str]:
        return [term for term in terms if term in self.bm25.vocab_dict] if self.bm25 else []
