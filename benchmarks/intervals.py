"""How often a 95% interval of `evaluate` or `compare` holds the true value.

    uv run python benchmarks/intervals.py [--runs 2000] [--items 30 50 100 252]

Draws items from populations whose mean is known, in the shapes that scores of answers have, and counts. Exits with 1
when an interval holds it less often than .93, less three standard errors of the simulation itself.
"""

from __future__ import annotations

import argparse
from itertools import chain
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from selfinstruct_chains.training.evaluation.intervals import (
    counted,
    counted_in_groups,
    mean,
    share,
    share_difference,
    unpaired_share_difference,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.random import Generator
    from numpy.typing import NDArray

    from selfinstruct_chains.training.evaluation.intervals import Counted, Estimate

SIZE = 200_000
"""Of a population."""
DUE = 0.93


def rouge_pairs(rng: Generator) -> NDArray[np.float64]:
    """A model that often meets some words, minus one that seldom does."""
    scores = [np.clip(rng.gamma(shape, scale, SIZE), 0, 100) for shape, scale in ((0.8, 20), (0.3, 12))]
    return scores[0] - scores[1]


def long_tail(rng: Generator) -> NDArray[np.float64]:
    """Three of four items alike, a tenth very different, all one way."""
    where = rng.random(SIZE)
    large = np.where(where < 0.9, rng.exponential(15, SIZE), rng.uniform(30, 100, SIZE))
    return np.where(where < 0.75, 0, large)


def log_likelihoods(rng: Generator) -> NDArray[np.float64]:
    """Heavy tails on both sides."""
    return rng.standard_t(3, SIZE) * 0.5 - 0.1


def labels(rng: Generator) -> NDArray[np.float64]:
    """One in twenty lost, one in ten won."""
    return rng.choice([-100.0, 0.0, 100.0], p=[0.05, 0.85, 0.10], size=SIZE)


def few_labels(rng: Generator) -> NDArray[np.float64]:
    """One in 25 won, none lost."""
    return rng.choice([0.0, 100.0], p=[0.96, 0.04], size=SIZE)


CASES: dict[str, tuple[Callable[[Generator], NDArray[np.float64]], Callable[[list[float]], Estimate]]] = {
    "ROUGE-L, paired": (rouge_pairs, mean),
    "long tail": (long_tail, mean),
    "log-likelihoods": (log_likelihoods, mean),
    "exact match, paired": (labels, share_difference),
    "rare labels, paired": (few_labels, share_difference),
    "rare labels": (few_labels, share),
}


def main() -> int:
    """Print a table; how often, at most, the interval may miss, decides the exit."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--runs", type=int, default=2000)
    options.add_argument("--items", type=int, nargs="+", default=[30, 50, 100, 252])
    given = options.parse_args()
    rng, short = np.random.default_rng(1), False
    print("".join(f"{head:>22}" for head in ("", *(f"{n} items" for n in given.items))))
    for name, held in chain(paired_or_single(given.items, given.runs, rng), unpaired(given.items, given.runs, rng)):
        short |= min(held) < DUE - 3 * sqrt(DUE * (1 - DUE) / given.runs)
        print(f"{name:>22}" + "".join(f"{one:>22.3f}" for one in held), flush=True)
    return int(short)


def paired_or_single(items: list[int], runs: int, rng: Generator) -> Iterator[tuple[str, list[float]]]:
    """For each of `CASES`, how often the interval holds over so many items."""
    for name, (population, interval) in CASES.items():
        values = population(rng)
        yield name, [coverage(values, interval, n, runs, rng) for n in items]


def unpaired(items: list[int], runs: int, rng: Generator) -> Iterator[tuple[str, list[float]]]:
    """The same of differences between shares of other items: each for itself, and in groups of eight, 0.2 alike."""
    for name, draw in (("shares, unpaired", _singly), ("in groups, unpaired", _grouped)):
        yield name, [sum(_holds(*(draw(p, n, rng) for p in (0.6, 0.8))) for _ in range(runs)) / runs for n in items]


def _singly(share_: float, items: int, rng: Generator) -> Counted:
    return counted(int(rng.binomial(items, share_)), items)


def _grouped(share_: float, items: int, rng: Generator) -> Counted:
    """Each group has a share of its own (beta), so that two things of one correlate by 0.2."""
    own = rng.beta(4 * share_, 4 * (1 - share_), max(items, 2))
    return counted_in_groups([(int(rng.binomial(8, one)), 8) for one in own])


def _holds(one: Counted, other: Counted) -> bool:
    found = unpaired_share_difference(one, other)
    return found.low is not None and found.high is not None and found.low <= 100 * (0.6 - 0.8) <= found.high


def coverage(
    population: NDArray[np.float64],
    interval: Callable[[list[float]], Estimate],
    items: int,
    runs: int,
    rng: Generator,
) -> float:
    """The share of `runs` intervals over `items` draws that hold the population's mean."""
    truth, held = float(population.mean()), 0
    for _ in range(runs):
        found = interval(rng.choice(population, items).tolist())
        held += found.low is not None and found.high is not None and found.low <= truth <= found.high
    return held / runs


if __name__ == "__main__":
    raise SystemExit(main())
