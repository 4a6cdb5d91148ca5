"""How far a judge's ratings agree with people's: Cohen's kappa (1960; weighted, 1968), Spearman's rank correlation."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from scipy import stats  # type: ignore[import-untyped]  # has no stubs of its own

from selfinstruct_chains.tasks import RATINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from selfinstruct_chains.tasks import Rating


class Agreement(NamedTuple):
    """Two ratings of each of several answers; a figure is None where too much is alike for one."""

    ratings: int
    same: float | None
    """The share that are equal, in percent; None of none."""
    kappa: float | None
    """Of the four levels as names: how far beyond chance they are equal, 1 at most."""
    weighted_kappa: float | None
    """The same where B is nearer to A than D is, by quadratic weights."""
    spearman: float | None
    """Correlation of their ranks, -1 to 1."""


def agreement(pairs: Sequence[tuple[Rating, Rating]]) -> Agreement:
    """How far the first ratings agree with the second."""
    same = sum(one == other for one, other in pairs)
    return Agreement(
        len(pairs),
        100 * same / len(pairs) if pairs else None,
        _kappa(pairs, 0),
        _kappa(pairs, 2),
        _spearman(pairs),
    )


def _kappa(pairs: Sequence[tuple[Rating, Rating]], power: int) -> float | None:
    """1 minus the disagreement there is, over that by chance; levels `d` apart disagree by d to the `power`."""
    ones, others = (Counter(RATINGS.index(pair[side]) for pair in pairs) for side in (0, 1))

    def apart(one: int, other: int) -> int:
        return abs(one - other) ** power if one != other else 0

    chance = sum(ones[i] * others[j] * apart(i, j) for i in ones for j in others)
    found = sum(apart(RATINGS.index(one), RATINGS.index(other)) for one, other in pairs)
    return 1 - found * len(pairs) / chance if chance else None


def _spearman(pairs: Sequence[tuple[Rating, Rating]]) -> float | None:
    ranks = [[RATINGS.index(pair[side]) for pair in pairs] for side in (0, 1)]
    if any(len(set(side)) < 2 for side in ranks):  # noqa: PLR2004 - two levels, or there is nothing to correlate
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the p-value of few, which is not asked for
        return float(stats.spearmanr(*ranks).statistic)
