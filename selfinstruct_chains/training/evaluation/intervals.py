"""Means and paired differences with intervals that hold.

Which interval is used for what was chosen by simulation, `benchmarks/intervals.py`: the share of 95% intervals that
hold the true value is at least .93 for each of its distributions, from `FEWEST` items on.

- Numbers (ROUGE-L, words, log-likelihoods): from the lower end of Student's t and the bias-corrected and accelerated
  bootstrap (Efron 1987; scipy.stats.bootstrap) to the higher. Each alone falls short somewhere: t where most items
  don't differ and a few differ much, the bootstrap where there are few items.
- Shares (exact match, stopping): Wilson's score interval (Wilson 1927).
- Differences of two shares over the same items: the adjusted Wald interval (Bonett and Price 2012).
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import stats  # type: ignore[import-untyped]  # has no stubs of its own

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEWEST = 30
"""Items below which no interval is given."""
POWER = 0.8
"""The chance with which a difference as large as `Estimate.detectable` would have been told from none."""
_RESAMPLES = 9_999
_SEED = 20_221_220


class Estimate(NamedTuple):
    """A mean over items, or a mean difference, in the measure's own unit."""

    mean: float
    low: float | None
    """Where the interval begins; None: too few items for one."""
    high: float | None
    detectable: float | None
    """The smallest true difference that so many items would have shown in four of five tries; None: too few."""
    items: int

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def mean(values: Sequence[float], level: float = 0.95) -> Estimate:
    """The mean of numbers, or of paired differences between numbers."""
    array = np.asarray(values, float)
    if len(array) < FEWEST:
        return _without(array)
    middle, error = float(array.mean()), _error(array)
    if not error:
        return Estimate(middle, middle, middle, 0.0, len(array))
    reach = float(stats.t.ppf((1 + level) / 2, len(array) - 1)) * error
    found = stats.bootstrap(
        (array,),
        np.mean,
        confidence_level=level,
        n_resamples=_RESAMPLES,
        method="BCa",
        rng=np.random.default_rng(_SEED),
    ).confidence_interval
    low, high = min(middle - reach, float(found.low)), max(middle + reach, float(found.high))
    return Estimate(middle, low, high, _detectable(array, level), len(array))


def share(values: Sequence[float], level: float = 0.95) -> Estimate:
    """The mean of values that are 0 or 100."""
    array = np.asarray(values, float)
    if len(array) < FEWEST:
        return _without(array)
    found = stats.binomtest(int((array > 0).sum()), len(array)).proportion_ci(level, method="wilson")
    return Estimate(float(array.mean()), 100 * found.low, 100 * found.high, _detectable(array, level), len(array))


def share_difference(differences: Sequence[float], level: float = 0.95) -> Estimate:
    """The mean of paired differences that are -100, 0 or 100."""
    array = np.asarray(differences, float)
    if len(array) < FEWEST:
        return _without(array)
    gained, lost = ((int((array * sign > 0).sum()) + 1) / (len(array) + 2) for sign in (1, -1))
    error = sqrt((gained + lost - (gained - lost) ** 2) / (len(array) + 2))
    reach = float(stats.norm.ppf((1 + level) / 2)) * error
    low, high = (100 * min(max(gained - lost + end, -1.0), 1.0) for end in (-reach, reach))
    return Estimate(float(array.mean()), low, high, _detectable(array, level), len(array))


def _without(array: NDArray[np.float64]) -> Estimate:
    return Estimate(float(array.mean()) if len(array) else float("nan"), None, None, None, len(array))


def _error(array: NDArray[np.float64]) -> float:
    return float(array.std(ddof=1)) / sqrt(len(array))


def _detectable(array: NDArray[np.float64], level: float) -> float:
    """By the normal approximation: the two quantiles that have to lie between no difference and this one."""
    return float(stats.norm.ppf((1 + level) / 2) + stats.norm.ppf(POWER)) * _error(array)
