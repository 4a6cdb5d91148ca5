"""Means and differences with intervals that hold.

Which interval is used for what was chosen by simulation, `benchmarks/intervals.py`: the share of 95% intervals that
hold the true value is at least .93 for each of its distributions, from `FEWEST` items on.

- Numbers (ROUGE-L, words, log-likelihoods): from the lower end of Student's t and the bias-corrected and accelerated
  bootstrap (Efron 1987; scipy.stats.bootstrap) to the higher. Each alone falls short somewhere: t where most items
  don't differ and a few differ much, the bootstrap where there are few items.
- Shares (exact match, stopping): Wilson's score interval (Wilson 1927).
- Differences of two shares over the same items: the adjusted Wald interval (Bonett and Price 2012).
- Shares that are counted, and the differences of two of them over other items: Wilson's interval, and Newcombe's hybrid
  of two such (1998, method 10), from 10 of each on. Where what is counted comes in groups that are alike inside, such
  as the replies of a model, both take Kish's effective size (1965) in the place of the count.
"""

from __future__ import annotations

from math import hypot, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import stats  # type: ignore[import-untyped]  # has no stubs of its own

from selfinstruct_chains.method.calibration import wilson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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


class Counted(NamedTuple):
    """Of how many things something is so."""

    yes: int
    of: int
    effective: float
    """Independent things that would tell as much: `of`, or fewer where they come in groups that are alike inside."""

    @property
    def share(self) -> float:
        """0 to 1; 0 of nothing."""
        return self.yes / self.of if self.of else 0.0


def counted(yes: int, of: int) -> Counted:
    """So many of so many, each for itself."""
    return Counted(yes, of, of)


def counted_in_groups(groups: Iterable[tuple[int, int]]) -> Counted:
    """The groups' (yes, of) together. What is counted in one group is not taken for independent."""
    sizes = [(yes, of) for yes, of in groups if of]
    yes, of = sum(yes for yes, _ in sizes), sum(of for _, of in sizes)
    if yes in {0, of} or len(sizes) < 2:  # noqa: PLR2004 - no variance to be seen
        return counted(yes, of)
    share = yes / of
    # The variance of a ratio of two sums over groups, by linearization (Cochran 1977, section 6.4).
    between = sum((one - share * size) ** 2 for one, size in sizes) * len(sizes) / (len(sizes) - 1) / of**2
    return Counted(yes, of, min(of, share * (1 - share) / between) if between else of)


def counted_share(found: Counted, level: float = 0.95) -> Estimate:
    """A share in percent; without an interval where nothing was counted."""
    if not found.of:
        return Estimate(float("nan"), None, None, None, 0)
    low, high = _wilson(found, level)
    return Estimate(100 * found.share, 100 * low, 100 * high, None, found.of)


def unpaired_share_difference(one: Counted, other: Counted, level: float = 0.95) -> Estimate:
    """Percentage points by which `one` is above `other`, which is about other things; no interval of nothing."""
    if not one.of or not other.of:
        return Estimate(float("nan"), None, None, None, min(one.of, other.of))
    (low, high), (other_low, other_high) = _wilson(one, level), _wilson(other, level)
    middle = one.share - other.share
    below, above = hypot(one.share - low, other_high - other.share), hypot(high - one.share, other.share - other_low)
    detectable = _shows((below + above) / 2, level)
    return Estimate(
        100 * middle, 100 * (middle - below), 100 * (middle + above), 100 * detectable, min(one.of, other.of)
    )


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
    return Estimate(float(array.mean()), low, high, 100 * _shows(reach, level), len(array))


def _shows(reach: float, level: float) -> float:
    """The difference of two shares that would show, if an interval reaches so far to each side.

    It reaches one quantile of the normal distribution; to the difference there are two (see `_detectable`).
    """
    return min(reach * (1 + float(stats.norm.ppf(POWER) / stats.norm.ppf((1 + level) / 2))), 1.0)


def _wilson(found: Counted, level: float) -> tuple[float, float]:
    low, high = wilson(found.share * found.effective, found.effective, float(stats.norm.ppf((1 + level) / 2)))
    return max(low, 0.0), min(high, 1.0)


def _without(array: NDArray[np.float64]) -> Estimate:
    return Estimate(float(array.mean()) if len(array) else float("nan"), None, None, None, len(array))


def _error(array: NDArray[np.float64]) -> float:
    return float(array.std(ddof=1)) / sqrt(len(array))


def _detectable(array: NDArray[np.float64], level: float) -> float:
    """By the normal approximation: the two quantiles that have to lie between no difference and this one."""
    return float(stats.norm.ppf((1 + level) / 2) + stats.norm.ppf(POWER)) * _error(array)
