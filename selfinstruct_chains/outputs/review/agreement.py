"""How far reviewers agree: raw, Cohen's kappa (1960) of two, Krippendorff's alpha (2011, nominal) of more.

"unsure" is an answer of its own. Intervals are 95%, by the percentile bootstrap over tasks (Efron and Tibshirani 1993).
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from selfinstruct_chains.outputs.review.verdicts import QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from selfinstruct_chains.outputs.review.verdicts import Answer, Question, Reviews, Verdict

    Numbers = NDArray[np.float64]

FEWEST = 10
"""Tasks below which no interval is given; between it and 30 it is a rough one."""
_ANSWERS: tuple[Answer, ...] = (True, False, "unsure")
_RESAMPLES = 2000
_SEED = 20_221_220
_AT_ONCE = 2_000_000  # weights of tasks in memory


class Interval(NamedTuple):
    """A figure and where it may be; None where it has no value: too few tasks, or all answers alike."""

    value: float | None
    low: float | None = None
    high: float | None = None


class Agreement(NamedTuple):
    """How far several reviewers agree on one question."""

    who: str
    """In words: "anna and ben", "all 3 people", "people and the judge gpt-6"."""
    judge: bool
    """Whether a judge is one of them."""
    reviewers: int
    question: Question | Literal["all"]
    """"all": whether they approve the task, reject it, or neither."""
    tasks: int
    """That two or more of them reviewed."""
    raw: Interval
    """The share of pairs of answers that are the same, 0 to 1."""
    measure: Literal["kappa", "alpha"]
    """Cohen's of two, Krippendorff's of more."""
    beyond_chance: Interval
    """Its value, 1 at most."""


def agreements(reviews: Reviews) -> list[Agreement]:
    """Of each two people, of all where there are more, and of people with each judge, where they share tasks."""
    among = [one for who, given in _people(reviews) for one in _of(who, given, judge=False)]
    return among + agreements_with_judges(reviews)


def agreements_with_judges(reviews: Reviews) -> list[Agreement]:
    """Of what people's verdicts come to with each judge's, where they share tasks."""
    judges = {f"people and the judge {name}".rstrip(): reviews.of("judge", name) for name in reviews.names("judge")}
    return [one for who, given in judges.items() for one in _of(who, [reviews.by("person"), given], judge=True)]


def _people(reviews: Reviews) -> Iterator[tuple[str, list[Mapping[str, Verdict]]]]:
    people = {name: reviews.of("person", name) for name in reviews.names("person")}
    for one, other in combinations(people, 2):
        yield f"{_called(one)} and {_called(other)}", [people[one], people[other]]
    if len(people) > 2:  # noqa: PLR2004 - of two, kappa says it
        yield f"all {len(people)} people", list(people.values())


def _called(name: str) -> str:
    return name or "(no name)"


def _of(who: str, given: Sequence[Mapping[str, Verdict]], *, judge: bool) -> Iterator[Agreement]:
    ids = sorted(id_ for id_ in set().union(*given) if sum(id_ in one for one in given) > 1)
    for question in (*QUESTIONS, "all"):
        codes = [[_code(one.get(id_), question) for one in given] for id_ in ids]
        if codes:
            yield _agreement(who, question, np.array(codes), judge=judge)  # type: ignore[arg-type]  # of a tuple's items


def _code(verdict: Verdict | None, question: str) -> int:
    """The answer's number; -1 for none."""
    if verdict is None:
        return -1
    if question == "all":
        return 0 if verdict.approved else 1 if verdict.rejected else 2
    return _ANSWERS.index(verdict.answers[question])  # type: ignore[index]


def _agreement(who: str, question: Question | Literal["all"], codes: NDArray[np.int_], *, judge: bool) -> Agreement:
    """Of the codes of answers: a row for each task, a column for each reviewer."""
    two = codes.shape[1] == 2  # noqa: PLR2004
    measure = kappa if two else alpha
    return Agreement(
        who,
        judge,
        codes.shape[1],
        question,
        len(codes),
        _interval(codes, raw),
        "kappa" if two else "alpha",
        _interval(codes, measure),
    )


def _interval(codes: NDArray[np.int_], figure: Callable[[NDArray[np.int_], Numbers], Numbers]) -> Interval:
    """A figure that has a value has one in most resamples; the others, whose answers are all alike, are left out."""
    value = _known(figure(codes, np.ones((1, len(codes)))))
    if not len(value):
        return Interval(None)
    if len(codes) < FEWEST:
        return Interval(float(value[0]))
    found = _known(np.concatenate([figure(codes, weights) for weights in _weights(len(codes))]))
    low, high = np.percentile(found, [2.5, 97.5])
    return Interval(float(value[0]), float(low), float(high))


def _known(values: Numbers) -> Numbers:
    return values[~np.isnan(values)]


def _weights(tasks: int) -> Iterator[Numbers]:
    """How often each task is drawn in each resample, in blocks."""
    random, left = np.random.default_rng(_SEED), _RESAMPLES
    while left:
        rows = min(left, max(_AT_ONCE // tasks, 1))
        left -= rows
        yield random.multinomial(tasks, np.full(tasks, 1 / tasks), size=rows).astype(float)


def raw(codes: NDArray[np.int_], weights: Numbers) -> Numbers:
    """The share of pairs of answers that are the same, mean over tasks, for each row of the tasks' weights."""
    counts = _counts(codes)
    given = counts.sum(axis=1)
    same = (counts * (counts - 1)).sum(axis=1) / (given * (given - 1))
    return weights @ same / weights.sum(axis=1)  # type: ignore[no-any-return]


def kappa(codes: NDArray[np.int_], weights: Numbers) -> Numbers:
    """Cohen's kappa of two reviewers who both reviewed all tasks: (p_o - p_c) / (1 - p_c); not a number if p_c is 1."""
    total = weights.sum(axis=1)
    found = weights @ (codes[:, 0] == codes[:, 1]) / total
    one, other = (weights @ _given(codes)[:, column] / total[:, None] for column in (0, 1))
    chance = (one * other).sum(axis=1)
    return _ratio(found - chance, 1 - chance)


def alpha(codes: NDArray[np.int_], weights: Numbers) -> Numbers:
    """Krippendorff's alpha for names, by coincidences; answers may be missing. Not a number if all are alike."""
    counts = _counts(codes)
    given = counts.sum(axis=1)
    differing = (given**2 - (counts**2).sum(axis=1)) / (given - 1)  # pairs in a task that differ, over m - 1
    totals = weights @ counts
    everything = totals.sum(axis=1)
    by_chance = (everything**2 - (totals**2).sum(axis=1)) / (everything - 1)
    return _ratio(by_chance - weights @ differing, by_chance)


def _ratio(part: Numbers, whole: Numbers) -> Numbers:
    known = ~np.isclose(whole, 0)
    return np.where(known, part / np.where(known, whole, 1), np.nan)


def _counts(codes: NDArray[np.int_]) -> Numbers:
    """How many gave each answer, for each task."""
    return _given(codes).sum(axis=1)  # type: ignore[no-any-return]


def _given(codes: NDArray[np.int_]) -> Numbers:
    """1 where a reviewer gave an answer of a task, else 0: by task, reviewer, answer."""
    given: Numbers = (codes[:, :, None] == np.arange(codes.max() + 1)).astype(float)
    return given
