"""A threshold for `decide: logprob`, fitted on instructions whose kind is known, and how well it tells the kinds apart.

What counts is the balanced accuracy, the mean of the shares of classification tasks and of others that are told right:
who always says no has a half, however few classification tasks there are. It is measured on instructions that had no
part in the threshold which judges them (five folds), since the best of many thresholds looks good by chance on what it
was picked on.
"""

from __future__ import annotations

from itertools import pairwise
from math import hypot, sqrt
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST = 10
"""Instructions of either kind below which no threshold is fitted: two for each fold."""
_FOLDS = 5
_AS_GOOD = 0.005  # of balanced accuracy: within it thresholds are one as good as the other
Z_95 = 1.959964
"""Standard deviations, for intervals of 95%."""
CHANCE = 0.5
"""The balanced accuracy of who says the same of all."""


class Known(NamedTuple):
    """What a model said of an instruction whose kind is known."""

    odds: float
    """log p(yes) - log p(no)."""
    is_classification: bool


class Fit(NamedTuple):
    """A threshold, and how well such a one tells instructions apart that it was not fitted on."""

    threshold: float
    accuracy: float
    """Balanced."""
    low: float
    """Where its interval of 95% begins: Wilson's for the share of either kind, put together (Newcombe 1998)."""
    high: float


def fit(known: Sequence[Known]) -> Fit:
    """The threshold that all of `known` give, with its accuracy by folds.

    Raises:
        ValueError: fewer than `FEWEST` of a kind.
    """
    kinds = [[one for one in known if one.is_classification is kind] for kind in (True, False)]
    if min(map(len, kinds)) < FEWEST:
        raise ValueError(f"fewer than {FEWEST} of a kind")
    right = [0, 0]
    for fold in range(_FOLDS):
        threshold = fitted([one for kind in kinds for at, one in enumerate(kind) if at % _FOLDS != fold])
        for number, kind in enumerate(kinds):
            right[number] += sum((one.odds > threshold) == one.is_classification for one in kind[fold::_FOLDS])
    return Fit(fitted(known), *_mean_of_shares(*zip(right, map(len, kinds), strict=True)))


def fitted(known: Sequence[Known]) -> float:
    """The threshold with the best balanced accuracy on `known`: of those that are as good the one in the middle.

    Raises:
        ValueError: there is none of a kind.
    """
    values = sorted({one.odds for one in known})
    middles = [(low + high) / 2 for low, high in pairwise(values)] or values
    scores = [balanced([(one.is_classification, one.odds > middle) for one in known]) for middle in middles]
    best = [middle for middle, score in zip(middles, scores, strict=True) if score > max(scores) - _AS_GOOD]
    return best[len(best) // 2]


def balanced(pairs: Sequence[tuple[bool, bool]]) -> float:
    """Balanced accuracy of (what is so, what was said).

    Raises:
        ValueError: there is none of a kind.
    """
    shares = []
    for kind in (True, False):
        right = [said is kind for so, said in pairs if so is kind]
        if not right:
            raise ValueError("none of a kind")
        shares.append(sum(right) / len(right))
    return sum(shares) / 2


def wilson(count: float, of: float, z: float = Z_95) -> tuple[float, float]:
    """The interval of a share, by Wilson's score (1927); `z` standard deviations wide on either side."""
    share, square = count / of, z * z
    middle = share + square / (2 * of)
    reach = z * sqrt(share * (1 - share) / of + square / (4 * of * of))
    return (middle - reach) / (1 + square / of), (middle + reach) / (1 + square / of)


def _mean_of_shares(one: tuple[int, int], other: tuple[int, int]) -> tuple[float, float, float]:
    """The mean of two independent shares, and its interval of 95%."""
    shares, bounds = [count / of for count, of in (one, other)], [wilson(*one), wilson(*other)]
    below, above = (hypot(*(share - bound[end] for share, bound in zip(shares, bounds, strict=True))) for end in (0, 1))
    return sum(shares) / 2, (sum(shares) - below) / 2, (sum(shares) + above) / 2
