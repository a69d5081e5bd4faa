"""Texts as TF-IDF weighted character and word n-grams, on arrays.

N-grams are 64-bit hashes made from the codes of their parts, for all texts of a batch at once; the vocabulary is the
sorted array of hashes seen in training, so that what was never seen is known to be unknown. A mark stands before and
after each whole text: what a short one begins and ends with says much of what it is. Term frequencies are
sublinear (1 + ln tf), idf is smoothed, each text's block of character and of word n-grams has length 1
(Salton & Buckley 1988).
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Array = np.ndarray[Any, Any]
    Matrix = csr_array

CHARACTERS, WORDS = (1, 2), (1, 2, 3)
CHARACTER_SEED, WORD_SEED, INNER_SEED = 7, 11, 13
# Controls, which no normalised text holds.
START, END = "\2", "\3"
BUCKET_BITS = 18
_UPPER = np.uint64(64 - BUCKET_BITS)
_GOLDEN, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


@dataclass(frozen=True)
class Grams:
    """Hashes of all n-grams of a batch with the number of the text that each is in."""

    hashes: "Array"
    texts: "Array"
    size: int


def _mixed(codes: "Array") -> "Array":
    mixed = codes ^ (codes >> np.uint64(31))
    mixed *= _MIX
    mixed ^= mixed >> np.uint64(29)
    return mixed


def rolled(units: "Array", lengths: Sequence[int], seed: int) -> "Iterator[tuple[Array, Array]]":
    """For each length the hashes of the n-grams of units, in their order, and the number of the text that each is in. A unit
    of 0 ends a text."""
    ends = units == 0
    text = np.cumsum(ends) - ends
    single = _mixed((units + np.uint64(seed)) * _GOLDEN)
    current, whole = single, ~ends
    for length in range(1, max(lengths) + 1):
        if length > 1:
            kept = len(current) - 1
            current = _mixed(current[:kept] * np.uint64(3) + single[length - 1 :] * _GOLDEN)
            whole = whole[:kept] & ~ends[length - 1 :]
        if length in lengths:
            yield current[whole], text[: len(current)][whole]


def _grams(units: "Array", size: int, lengths: Sequence[int], seed: int) -> Grams:
    hashes, texts = zip(*rolled(units, lengths, seed), strict=True)
    return Grams(np.concatenate(hashes), np.concatenate(texts), size)


def character_units(texts: Sequence[str]) -> "Array":
    """Code points of all texts, each text ended by a 0."""
    joined = "".join(text.replace("\0", " ") + "\0" for text in texts)
    return np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)


def character_grams(texts: Sequence[str], *, is_whole: bool, lengths: Sequence[int] = CHARACTERS) -> Grams:
    marked = [START + text + END for text in texts] if is_whole else texts
    return _grams(character_units(marked), len(texts), lengths, CHARACTER_SEED)


def inner_grams(tokens: Sequence[Sequence[str]], *, lengths: Sequence[int]) -> Grams:
    """n-grams of the characters of each word with a space on both sides; none reaches over a word's end."""
    owners = np.repeat(np.arange(len(tokens)), [len(words) for words in tokens])
    spaced = [f" {word} " for word in chain.from_iterable(tokens)]
    grams = _grams(character_units(spaced), len(spaced), lengths, INNER_SEED)
    return Grams(grams.hashes, owners[grams.texts], len(tokens))


def joined(parts: Sequence[Grams]) -> Grams:
    """The n-grams of several kinds as one block of the same texts."""
    return Grams(
        np.concatenate([part.hashes for part in parts]), np.concatenate([part.texts for part in parts]), parts[0].size
    )


def word_units(tokens: Sequence[Sequence[str]]) -> "Array":
    """A code for each word of all texts, each text ended by a 0."""
    numbers: dict[str, int] = {}
    flat = np.array([numbers.setdefault(word, len(numbers)) for word in chain.from_iterable(tokens)], dtype=np.int64)
    codes = np.array([word_code(word) for word in numbers], dtype=np.uint64)
    counts = np.array([len(words) for words in tokens], dtype=np.int64)
    units = np.zeros(len(flat) + len(tokens), dtype=np.uint64)
    units[np.arange(len(flat)) + np.repeat(np.arange(len(tokens)), counts)] = codes[flat] if len(flat) else 0
    return units


def word_grams(tokens: Sequence[Sequence[str]], *, is_whole: bool, lengths: Sequence[int] = WORDS) -> Grams:
    """n-grams of words; `tokens` are the words of each text."""
    marked = [(START, *words, END) for words in tokens] if is_whole else tokens
    return _grams(word_units(marked), len(tokens), lengths, WORD_SEED)


def word_code(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest(), "little") | 1


def script_counts(texts: Sequence[str]) -> "Array":
    """How many characters of each script a text holds; a column for each of `SCRIPTS`."""
    units = character_units(texts)
    ends = units == 0
    text = (np.cumsum(ends) - ends)[~ends]
    script = np.searchsorted(_EDGES, units[~ends], side="right")
    counts = np.zeros((len(texts), len(SCRIPTS)), dtype=np.int64)
    kinds = _KINDS[script]
    np.add.at(counts, (text[kinds >= 0], kinds[kinds >= 0]), 1)
    return counts


# Emoji count as a script: a text of them alone is understood where they were seen.
SCRIPTS: dict[str, tuple[tuple[int, int], ...]] = {
    "latin": ((0x41, 0x5B), (0x61, 0x7B), (0xC0, 0xD7), (0xD8, 0xF7), (0xF8, 0x250), (0x1E00, 0x1F00)),
    "greek": ((0x370, 0x400),),
    "cyrillic": ((0x400, 0x530),),
    "hebrew": ((0x590, 0x600),),
    "arabic": ((0x600, 0x700),),
    "devanagari": ((0x900, 0x980),),
    "thai": ((0xE00, 0xE80),),
    "kana": ((0x3040, 0x3100),),
    "hangul": ((0x1100, 0x1200), (0x3130, 0x3190), (0xAC00, 0xD7B0)),
    "han": ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00), (0x20000, 0x31350)),
    "emoji": ((0x2600, 0x27C0), (0x1F000, 0x1FB00)),
}
_RANGES = sorted((first, end, number) for number, ranges in enumerate(SCRIPTS.values()) for first, end in ranges)
_EDGES = np.array([edge for first, end, _ in _RANGES for edge in (first, end)], dtype=np.uint64)
# Between two edges lies a script, or none.
_KINDS = np.array([-1, *(kind for first, end, number in _RANGES for kind in (number, -1))])


@dataclass(frozen=True)
class Counts:
    """How often each text holds each n-gram: a row a text, a column for each of `hashes`, which ascend. Counted once, they
    serve fits on several parts of the texts."""

    hashes: "Array"
    matrix: "Matrix"

    @classmethod
    def of(cls, grams: Grams) -> "Counts":
        hashes, columns = np.unique(grams.hashes, return_inverse=True)
        return cls(hashes, _counted(grams.texts, columns, (grams.size, len(hashes))))

    def rows(self, numbers: "Array") -> "Counts":
        return Counts(self.hashes, self.matrix[numbers])


def _counted(texts: "Array", columns: "Array", shape: tuple[int, int]) -> "Matrix":
    from scipy.sparse import csr_array

    # liblinear takes indices of 32 bits only.
    places = texts.astype(np.int32), columns.astype(np.int32)
    matrix = csr_array((np.ones(len(columns), dtype=np.float32), places), shape=shape)
    matrix.sum_duplicates()
    return matrix


@dataclass(frozen=True)
class Vocabulary:
    """The n-grams seen in training, ascending, with their inverse document frequencies."""

    hashes: "Array"
    idf: "Array"

    @classmethod
    def of(cls, counts: Counts, fewest: int) -> tuple["Vocabulary", "Matrix"]:
        """The n-grams that at least `fewest` texts hold, and these texts by them."""
        frequency = np.bincount(counts.matrix.indices, minlength=len(counts.hashes))
        kept = frequency >= fewest
        size = len(counts.matrix.indptr) - 1
        idf = np.log((1 + size) / (1 + frequency[kept])) + 1
        vocabulary = cls(counts.hashes[kept], idf.astype(np.float32))
        return vocabulary, vocabulary._weighted(counts.matrix[:, kept])

    @cached_property
    def _starts(self) -> "Array":
        """Where the hashes with each value of their upper bits begin."""
        return np.searchsorted(self.hashes >> _UPPER, np.arange(2**BUCKET_BITS + 1, dtype=np.uint64))

    def places(self, hashes: "Array") -> tuple["Array", "Array"]:
        """The number of each hash, and whether it is known. A bucket holds about one: several times faster than bisection."""
        if not len(self.hashes):
            return np.zeros(len(hashes), dtype=np.int64), np.zeros(len(hashes), dtype=bool)
        bucket = hashes >> _UPPER
        place, end = self._starts[bucket], self._starts[bucket + np.uint64(1)]
        last = len(self.hashes) - 1
        open_ = np.flatnonzero((place < end) & (self.hashes[np.minimum(place, last)] < hashes))
        while len(open_):
            place[open_] += 1
            following = place[open_]
            open_ = open_[(following < end[open_]) & (self.hashes[np.minimum(following, last)] < hashes[open_])]
        place = np.minimum(place, last)
        return place, self.hashes[place] == hashes

    def weighted(self, grams: Grams) -> "Matrix":
        """One row a text, of length 1 unless nothing in it is known."""
        columns, known = self.places(grams.hashes)
        return self._weighted(_counted(grams.texts[known], columns[known], (grams.size, len(self.hashes))))

    def of_counts(self, counts: Counts) -> "Matrix":
        """The texts of counts that may hold n-grams which are not known."""
        columns, known = self.places(counts.hashes)
        size = len(counts.matrix.indptr) - 1
        texts = np.repeat(np.arange(size), np.diff(counts.matrix.indptr))
        inside = known[counts.matrix.indices]
        often = counts.matrix.data[inside].astype(np.int64)
        places = np.repeat(columns[counts.matrix.indices[inside]], often)
        return self._weighted(_counted(np.repeat(texts[inside], often), places, (size, len(self.hashes))))

    def _weighted(self, counts: "Matrix") -> "Matrix":
        data = (1 + np.log(counts.data)) * self.idf[counts.indices]
        held = np.diff(counts.indptr)
        rows = np.repeat(np.arange(len(held)), held)
        length = np.sqrt(np.bincount(rows, weights=data.astype(np.float64) ** 2, minlength=len(held)))
        counts.data = (data / length[rows]).astype(np.float32)
        return counts
