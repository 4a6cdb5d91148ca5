"""Whether a text is too similar to one of a pool, by exact ROUGE-L, and to which.

The paper admits an instruction when its ROUGE-L F-measure with every instruction in the pool is below 0.7 (section 2.2,
step 4). With m and n words and a longest common subsequence of L, F = 2L / (m + n); too similar is F >= threshold,
decided in integers. L is known without being computed to be small for nearly every pair:

1. L <= min(m, n), so only entries of lengths from t/(2-t) to (2-t)/t of the candidate's can reach F = t (7/13 to 13/7
   for 0.7). Entries lie sorted by length, and only that slice is touched.
2. Every word sets one bit of a signature, and of a wider one; the bits that differ bound L (`method.sieve`).
3. A word that no entry has can't be part of L at all.

What is left (one in a thousand or fewer) is scored by rapidfuzz. Nothing is saved: a rebuild costs 15 us an entry of 16
words, 150 us of 170.
"""

from __future__ import annotations

from array import array
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from rapidfuzz.distance import LCSseq
from rapidfuzz.process import cdist

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.method.sieve import UNKNOWN, Sieve
from selfinstruct_chains.method.tokens import Tokenizer, words_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

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
        self._sieve = Sieve(self._threshold)

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, text: str, id: str) -> None:  # noqa: A002 - the field's name everywhere
        """Put a text into the pool, whether it is novel or not."""
        self._add(self._words(text), id)

    def nearest(self, text: str, also: Callable[[str], bool] | None = None) -> Similar | None:
        """The most similar of the entries that are too similar, of equal ones the first added; None without any.

        Args:
            text: what is compared.
            also: entries count only if it says so of their ids.
        """
        return self._nearest(self._words(text), also)

    def reaching(self, text: str) -> list[Similar]:
        """All entries that are too similar, in no order."""
        found = self._reaching(self._encode(self._words(text)))
        return [Similar(self._ids[number], score) for number, score in found]

    def too_similar(self, text: str, other: str) -> bool:
        """Whether two texts, in the pool or not, reach the threshold."""
        if text == other:
            return True
        words, others = self._words(text), self._words(other)
        numer, denom = self._threshold.as_integer_ratio()
        return bool(2 * denom * LCSseq.similarity(words, others) >= numer * (len(words) + len(others)))

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
        return array("I", [code(word, UNKNOWN) for word in words])

    def _entry(self, number: int) -> _Codes:
        return self._codes[self._ends[number] : self._ends[number + 1]]

    def _add(self, words: list[str], id_: str) -> None:
        vocabulary = self._vocabulary
        codes = [vocabulary.setdefault(word, len(vocabulary)) for word in words]
        self._ids.append(id_)
        self._codes.extend(codes)
        self._ends.append(len(self._codes))
        self._sieve.add(codes)

    def _nearest(self, words: list[str], also: Callable[[str], bool] | None = None) -> Similar | None:
        best, best_score = -1, 0.0
        for number, score in self._reaching(self._encode(words)):
            better = score > best_score or (score == best_score and number < best)
            if better and (also is None or also(self._ids[number])):
                best, best_score = number, score
        return Similar(self._ids[best], best_score) if best >= 0 else None

    def _reaching(self, query: _Codes) -> Iterator[tuple[int, float]]:
        """The numbers and scores of the entries that reach the threshold."""
        numer, denom = self._threshold.as_integer_ratio()
        for number in self._sieve.survivors(query):
            entry = self._entry(number)
            total = len(query) + len(entry)
            least = -(-numer * total // (2 * denom))
            common = LCSseq.similarity(query, entry, score_cutoff=least)  # 0 below it
            if common >= least:
                # The quotient of two ints is correctly rounded: equal fractions, and they alone, give equal floats.
                yield number, 2 * common / total

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
