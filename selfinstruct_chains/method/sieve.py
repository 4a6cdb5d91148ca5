"""Signatures of texts that rule out nearly all pairs which can't be alike, by comparing bits.

Every element of a text sets one bit of its signature: a word or, in long texts, its first, second, ... occurrence. A
bit that one text has and the other lacks is an element without a partner, so with m and n words and a longest common
subsequence of L, |a xor b| <= m + n - 2L. Two elements on one bit only weaken the bound.

A signature must be wider than a text is long, or all its bits are set. So texts lie by their length: short ones have 64
bits to look at first and 127 for what is left then, long ones 512 and 2,039; those of middling length have both.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from numpy.typing import NDArray

UNKNOWN = 2**32 - 1
"""The code of every word that no entry has."""
_LONG = 40  # words from which a text is long
_TILE = 16_384  # entries per NumPy call: the scratch stays in a core's cache
_REPEAT = 7919  # between the numbers of a word's occurrences
_NONE = np.empty(0, np.intp)


class _Widths(NamedTuple):
    """Of the two signatures, in bits: powers of two and primes spread the codes, which frequent words have low."""

    first: int
    second: int
    repeats: bool
    """Whether a word's second occurrence is an element of its own."""
    few: int
    """Entries that are scored sooner than the second signature rules them out."""


_SHORT_TEXTS = _Widths(64, 127, repeats=False, few=24)
_LONG_TEXTS = _Widths(512, 2039, repeats=True, few=2)


class Sieve:
    """Entries by their words' codes, and which of them may reach the threshold with a text."""

    def __init__(self, threshold: Fraction) -> None:
        numer, denom = threshold.as_integer_ratio()
        self._numer, self._reach = numer, 2 * denom - numer
        self._size = 0
        self._short = _Rows(threshold, _SHORT_TEXTS)
        self._long = _Rows(threshold, _LONG_TEXTS)

    def add(self, codes: Sequence[int]) -> None:
        """Append the next entry."""
        # L <= min(m, n), so F = 2L / (m + n) >= t only for lengths from t/(2-t) to (2-t)/t of each other.
        if len(codes) * self._numer < _LONG * self._reach:
            self._short.add(codes, self._size)
        if len(codes) * self._reach >= _LONG * self._numer:
            self._long.add(codes, self._size)
        self._size += 1

    def survivors(self, query: Sequence[int]) -> list[int]:
        """Numbers of the entries that may reach the threshold: all that do, and few others."""
        return (self._short if len(query) < _LONG else self._long).survivors(query)


class _Rows:
    """Signatures of one width. The first `_sorted` rows are ascending in length; those after are as added."""

    def __init__(self, threshold: Fraction, widths: _Widths) -> None:
        self._numer, self._denom = threshold.as_integer_ratio()
        self._widths = widths
        self._size = self._sorted = 0
        words = widths.first // 64
        small: Any = np.int8 if words == 1 else np.int16
        self._most = int(np.iinfo(small).max)
        self._first = np.empty((words, 0), np.uint64)
        self._second = np.empty((0, -(-widths.second // 64)), np.uint64)
        self._slack = np.empty(0, small)
        self._length = np.empty(0, np.int32)
        self._number = np.empty(0, np.int32)
        self._differing = np.empty(_TILE, np.uint64)
        self._count, self._more = np.empty(_TILE, small), np.empty(_TILE, small)

    def add(self, codes: Sequence[int], number: int) -> None:
        """Append an entry."""
        row = self._size
        if row == len(self._length):
            self._resize(row + row // 8 + 1024)
        elements = self._elements(codes)
        self._first[:, row] = _signature(elements, self._widths.first)
        self._second[row] = _signature(elements, self._widths.second)
        self._slack[row] = min(len(codes) * (self._denom - self._numer) // self._denom, self._most)
        self._length[row] = len(codes)
        self._number[row] = number
        self._size += 1
        if self._size - self._sorted > max(2048, self._size // 16):
            self._sort()

    def survivors(self, query: Sequence[int]) -> list[int]:
        """Numbers of the entries that may reach the threshold."""
        codes = [code for code in query if code != UNKNOWN]
        length, known = len(query), len(codes)
        shortest = -(-length * self._numer // (2 * self._denom - self._numer))
        longest = 2 * known * self._denom // self._numer - length
        if longest < shortest:
            return []
        elements = self._elements(codes)
        # |xor| <= known + n - 2L <= known - t * length + (1 - t) * n; the last term is `_slack`, rounded down (and cut
        # to what its type holds: `limit` may be no less than lets all bits pass there).
        width = self._widths.first
        limit = min(max(known - length * self._numer // self._denom, width - self._most), width)
        first = _signature(elements, width)
        lengths = self._length[: self._sorted]
        start, stop = bisect_left(lengths, shortest), bisect_left(lengths, longest + 1)
        tiles = chain(_tiles(start, stop), _tiles(self._sorted, self._size))
        rows = np.concatenate([_NONE, *[self._near(*tile, first, limit) for tile in tiles]])
        if len(rows) > self._widths.few:
            rows = self._refine(rows, _signature(elements, self._widths.second), known, length)
        found: list[int] = self._number[rows].tolist()
        return found

    def _elements(self, codes: Sequence[int]) -> Sequence[int] | NDArray[np.int64]:
        """A number for each element, low ones for frequent words."""
        if not self._widths.repeats:
            return codes
        ascending = np.sort(np.array(codes, np.int64))
        places = np.arange(len(codes))
        begins = np.concatenate([[True], ascending[1:] != ascending[:-1]])[: len(codes)]
        return ascending + (places - np.maximum.accumulate(places * begins)) * _REPEAT

    def _near(self, start: int, stop: int, signature: NDArray[np.uint64], limit: int) -> NDArray[np.intp]:
        """Rows from `start` to `stop` whose first signature differs in at most `limit` bits, beyond their slack."""
        count = self._count[: stop - start]
        self._differ(0, signature[0], start, stop, count)
        for word in range(1, len(signature)):
            self._differ(word, signature[word], start, stop, self._more[: stop - start])
            np.add(count, self._more[: stop - start], out=count)
        np.subtract(count, self._slack[start:stop], out=count)
        rows: NDArray[np.intp] = (count <= limit).nonzero()[0] + start
        return rows

    def _differ(self, word: int, bits: np.uint64, start: int, stop: int, out: NDArray[Any]) -> None:
        """How many bits of a word of the first signature differ."""
        differing = self._differing[: stop - start]
        np.bitwise_xor(self._first[word, start:stop], bits, out=differing)
        np.bitwise_count(differing, out=out.view(np.uint8) if out.itemsize == 1 else out)

    def _refine(
        self, rows: NDArray[np.intp], signature: NDArray[np.uint64], known: int, length: int
    ) -> NDArray[np.intp]:
        """Those of `rows` that the second signature doesn't rule out."""
        count = np.bitwise_count(self._second[rows] ^ signature).sum(axis=1, dtype=np.int32)
        share = self._numer / self._denom
        # known + n - 2L in floats, a little high: they may only let too many pass.
        kept: NDArray[np.intp] = rows[count <= known - share * length + 1e-6 + (1 - share) * self._length[rows]]
        return kept

    def _sort(self) -> None:
        order = np.argsort(self._length[: self._size], kind="stable")
        for rows in (self._first.T, self._second, self._slack, self._length, self._number):
            rows[: self._size] = rows[order]
        self._sorted = self._size

    def _resize(self, capacity: int) -> None:
        more = capacity - len(self._length)
        self._first = np.concatenate([self._first, np.empty((len(self._first), more), np.uint64)], axis=1)
        for name in ("_second", "_slack", "_length", "_number"):
            rows = getattr(self, name)
            setattr(self, name, np.concatenate([rows, np.empty((more, *rows.shape[1:]), rows.dtype)]))


def _signature(elements: Sequence[int] | NDArray[np.int64], width: int) -> NDArray[np.uint64]:
    """The bits that elements set, 64 to a number; for few of them Python is quicker."""
    size = -(-width // 64) * 64
    if isinstance(elements, np.ndarray):
        flags = np.zeros(size, np.bool_)
        flags[elements % width] = True
        return np.packbits(flags, bitorder="little").view(np.uint64)
    bits = 0
    for element in elements:
        bits |= 1 << element % width
    return np.frombuffer(bits.to_bytes(size // 8, "little"), np.uint64)


def _tiles(start: int, stop: int) -> Iterator[tuple[int, int]]:
    for begin in range(start, stop, _TILE):
        yield begin, min(begin + _TILE, stop)
