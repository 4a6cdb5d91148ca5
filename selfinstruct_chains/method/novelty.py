"""Whether a text is too similar to one of a pool, by exact ROUGE-L, and to which.

The paper admits an instruction when its ROUGE-L F-measure with every instruction in the pool is below 0.7 (section 2.2,
step 4). With m and n words and a longest common subsequence of L, F = 2L / (m + n); too similar is F >= threshold,
decided in integers. L is known without being computed to be small for nearly every pair:

1. L <= min(m, n), so only entries of lengths from t/(2-t) to (2-t)/t of the candidate's can reach F = t (7/13 to 13/7
   for 0.7). Entries lie sorted by length, and only that slice is touched.
2. Every word sets one bit of 64 in its text's first signature, and one of 127 in its second. A bit that one text has
   and the other lacks is a word without a partner: |a xor b| <= m + n - 2L. Hash collisions only weaken the bound.
3. A word that no entry has can't be part of L at all.

What is left (one in a thousand or fewer) is scored by rapidfuzz. Nothing is saved: a rebuild costs 15 us an entry.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from rapidfuzz.distance import LCSseq
from rapidfuzz.process import cdist

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.method.tokens import Tokenizer, words_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

_TILE = 16_384  # entries per NumPy call: the scratch stays in a core's cache
_UNKNOWN = 2**32 - 1  # the code of every word that no entry has
_NONE = np.empty(0, np.intp)
_FEW = 24  # entries that are scored sooner than NumPy rules them out

_Codes: TypeAlias = "array[int]"


class Similar(NamedTuple):
    """An entry of the pool and its likeness to a text."""

    id: str
    """As given to `NoveltyIndex.add`."""
    score: float
    """ROUGE-L F-measure, 0 to 1."""


class Neighbours(NamedTuple):
    """How similar a text is to the entries of a pool."""

    nearest: list[Similar]
    """The most similar entries, highest score first; of equal ones the one added first."""
    mean: float
    """Mean F-measure over all entries, 0 to 1; 0 when there are none."""


class NoveltyIndex:
    """A pool of texts that answers which of them is too similar to another text.

    Two texts without any word are compared as strings, blanks at the ends apart: equal ones have score 1. (rouge_score
    gives 0, and so lets every copy in.) All other scores are rouge_score's to within 1e-9.

    Args:
        threshold: ROUGE-L F-measure in (0, 1] from which a text is too similar; 0.7 is exactly 7/10.
        tokenizer: "rouge" is the paper's and knows ASCII letters and digits only; "unicode" knows all scripts.

    Raises:
        ConfigError: The threshold is no number in (0, 1], or the tokenizer is unknown.
    """

    def __init__(self, threshold: float | str = 0.7, tokenizer: Tokenizer = "unicode") -> None:
        self._threshold = _exact(threshold)
        self._split = words_by(tokenizer)
        self._vocabulary: dict[str, int] = {}
        self._ids: list[str] = []
        self._codes: _Codes = array("I")
        self._ends = array("Q", [0])
        self._sieve = _Sieve(self._threshold)

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, text: str, id: str) -> None:  # noqa: A002 - the field's name everywhere
        """Put a text into the pool, whether it is novel or not."""
        self._add(self._words(text), id)

    def nearest(self, text: str) -> Similar | None:
        """The most similar of the entries that are too similar, of equal ones the first added; None without any."""
        return self._nearest(self._words(text))

    def admit(self, candidates: Iterable[tuple[str, str]]) -> list[Similar | None]:
        """What `nearest` says of each (id, text), in order; the novel (None) are added and count for those after."""
        found = []
        for id_, text in candidates:
            words = self._words(text)
            similar = self._nearest(words)
            if similar is None:
                self._add(words, id_)
            found.append(similar)
        return found

    def most_similar(self, text: str, k: int = 10) -> Neighbours:
        """The `k` most similar entries and the mean over all; computes every pair: 10 ms at 50,000 entries."""
        entries = [self._entry(number) for number in range(len(self))]
        return next(self._neighbours([self._encode(self._words(text))], entries, [len(self)], k))

    def compare(self, texts: Iterable[str], k: int = 10, block: int = 128) -> Iterator[Neighbours]:
        """What `most_similar` says of each text, computed `block` at a time: 0.1 us a pair. Takes all cores."""
        entries = [self._entry(number) for number in range(len(self))]
        texts = iter(texts)
        while queries := [self._encode(self._words(text)) for text in islice(texts, block)]:
            yield from self._neighbours(queries, entries, [len(self)] * len(queries), k)

    def history(self, k: int = 10, block: int = 128) -> Iterator[Neighbours]:
        """For each entry in the order added, its likeness to the entries added before it, computed `block` at a time.

        This is what the first implementation of the method stored with every instruction. Takes all cores.
        """
        entries: list[_Codes] = []
        for start in range(0, len(self), block):
            queries = [self._entry(number) for number in range(start, min(start + block, len(self)))]
            entries += queries
            yield from self._neighbours(queries, entries, range(start, len(entries)), k)

    def _words(self, text: str) -> list[str]:
        # A stripped text without words can't equal a word, so it can stand as one: its F is 1 with its copies, else 0.
        return self._split(text) or [text.strip()]

    def _encode(self, words: list[str]) -> _Codes:
        code = self._vocabulary.get
        return array("I", [code(word, _UNKNOWN) for word in words])

    def _entry(self, number: int) -> _Codes:
        return self._codes[self._ends[number] : self._ends[number + 1]]

    def _add(self, words: list[str], id_: str) -> None:
        vocabulary = self._vocabulary
        codes = [vocabulary.setdefault(word, len(vocabulary)) for word in words]
        self._ids.append(id_)
        self._codes.extend(codes)
        self._ends.append(len(self._codes))
        self._sieve.add(codes)

    def _nearest(self, words: list[str]) -> Similar | None:
        query = self._encode(words)
        best, best_score = -1, 0.0
        numer, denom = self._threshold.as_integer_ratio()
        for number in self._sieve.survivors(query):
            entry = self._entry(number)
            common, total = LCSseq.similarity(query, entry), len(query) + len(entry)
            # The quotient of two ints is correctly rounded, so equal fractions give equal floats and only those tie.
            score = 2 * common / total
            if 2 * denom * common >= numer * total and (score > best_score or (score == best_score and number < best)):
                best, best_score = number, score
        return Similar(self._ids[best], best_score) if best >= 0 else None

    def _neighbours(
        self, queries: Sequence[_Codes], entries: Sequence[_Codes], counts: Sequence[int], k: int
    ) -> Iterator[Neighbours]:
        """For each query, its likeness to the first of `entries`, as many as `counts` says for it."""
        common = cdist(
            queries, entries, scorer=LCSseq.similarity, dtype=np.int32, workers=-1 if len(queries) > 1 else 1
        )
        lengths = np.array([len(entry) for entry in entries], np.int32)
        for query, row, count in zip(queries, common, counts, strict=True):
            scores = 2 * row[:count] / (lengths[:count] + len(query))
            nearest = [Similar(self._ids[number], float(scores[number])) for number in _largest(scores, k)]
            yield Neighbours(nearest, float(scores.mean()) if count else 0.0)


class _Sieve:
    """Signatures of entries, sorted by length, that rule out nearly all which can't reach the threshold with a text.

    The first `_sorted` rows are ascending in length; those after are as added, and are sorted in when they are many.
    """

    def __init__(self, threshold: Fraction) -> None:
        self._numer, self._denom = threshold.as_integer_ratio()
        self._size = self._sorted = 0
        self._first = np.empty(1024, np.uint64)
        self._low = np.empty(1024, np.uint64)
        self._high = np.empty(1024, np.uint64)
        self._slack = np.empty(1024, np.int8)
        self._length = np.empty(1024, np.int32)
        self._number = np.empty(1024, np.int32)
        self._differing = np.empty(_TILE, np.uint64)
        self._count = np.empty(_TILE, np.int8)

    def add(self, codes: Sequence[int]) -> None:
        """Append the next entry."""
        row = self._size
        if row == len(self._first):
            self._resize(row + row // 8 + 1024)
        self._first[row] = _signature(codes, 64)
        self._low[row], self._high[row] = _halves(_signature(codes, 127))
        self._slack[row] = min(len(codes) * (self._denom - self._numer) // self._denom, 127)
        self._length[row] = len(codes)
        self._number[row] = row
        self._size += 1
        if self._size - self._sorted > max(2048, self._size // 16):
            self._sort()

    def survivors(self, query: _Codes) -> list[int]:
        """Numbers of the entries that may reach the threshold: all that do, and few others."""
        length, known = len(query), len(query) - query.count(_UNKNOWN)
        shortest = -(-length * self._numer // (2 * self._denom - self._numer))
        longest = 2 * known * self._denom // self._numer - length
        if longest < shortest:
            return []
        codes = [code for code in query if code != _UNKNOWN]
        first = np.uint64(_signature(codes, 64))
        # |xor| <= known + n - 2L <= known - t * length + (1 - t) * n; the last term is `_slack`, rounded down
        # (and cut to 127, so `limit` may be no less than -63 for 64 bits to pass there).
        limit = min(max(known - length * self._numer // self._denom, -63), 64)
        lengths = self._length[: self._sorted]
        start, stop = bisect_left(lengths, shortest), bisect_left(lengths, longest + 1)
        tiles = [*_tiles(start, stop), *_tiles(self._sorted, self._size)]
        rows = np.concatenate([_NONE, *[self._near(*tile, first, limit) for tile in tiles]])
        if len(rows) > _FEW:
            rows = self._refine(rows, _signature(codes, 127), known, length)
        found: list[int] = self._number[rows].tolist()
        return found

    def _near(self, start: int, stop: int, signature: np.uint64, limit: int) -> NDArray[np.intp]:
        """Rows from `start` to `stop` whose first signature differs in at most `limit` bits, beyond their slack."""
        differing, count = self._differing[: stop - start], self._count[: stop - start]
        np.bitwise_xor(self._first[start:stop], signature, out=differing)
        np.bitwise_count(differing, out=count.view(np.uint8))
        np.subtract(count, self._slack[start:stop], out=count)
        rows: NDArray[np.intp] = (count <= limit).nonzero()[0] + start
        return rows

    def _refine(self, rows: NDArray[np.intp], signature: int, known: int, length: int) -> NDArray[np.intp]:
        """Those of `rows` that the second signature doesn't rule out."""
        low, high = np.array(_halves(signature), np.uint64)
        count = np.bitwise_count(self._low[rows] ^ low) + np.bitwise_count(self._high[rows] ^ high)
        share = self._numer / self._denom
        # known + n - 2L in floats, a little high: they may only let too many pass.
        kept: NDArray[np.intp] = rows[count <= known - share * length + 1e-6 + (1 - share) * self._length[rows]]
        return kept

    def _sort(self) -> None:
        order = np.argsort(self._length[: self._size], kind="stable")
        for rows in (self._first, self._low, self._high, self._slack, self._length, self._number):
            rows[: self._size] = rows[order]
        self._sorted = self._size

    def _resize(self, capacity: int) -> None:
        for name in ("_first", "_low", "_high", "_slack", "_length", "_number"):
            rows = getattr(self, name)
            setattr(self, name, np.concatenate([rows, np.empty(capacity - len(rows), rows.dtype)]))


def _signature(codes: Iterable[int], size: int) -> int:
    bits = 0
    for code in codes:
        bits |= 1 << code % size
    return bits


def _halves(bits: int) -> tuple[int, int]:
    return bits & 2**64 - 1, bits >> 64


def _tiles(start: int, stop: int) -> Iterator[tuple[int, int]]:
    for begin in range(start, stop, _TILE):
        yield begin, min(begin + _TILE, stop)


def _largest(scores: NDArray[np.float64], k: int) -> NDArray[np.intp]:
    """Indices of the `k` highest scores, highest first, equal ones in order."""
    if len(scores) > k > 0:
        least = np.partition(scores, -k)[-k]
        among = np.flatnonzero(scores >= least)
    else:
        among = np.arange(len(scores))
    return among[np.argsort(-scores[among], kind="stable")][: max(k, 0)]


def _exact(threshold: float | str) -> Fraction:
    try:
        value = Fraction(str(threshold))
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if not 0 < value <= 1:
        raise ConfigError(f"novelty threshold {threshold!r}: use a number above 0 and at most 1, such as 0.7")
    return value
