"""Shares that runs can be told apart by, each with its interval, and how far those of two runs are apart."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.outputs.compare.side import REVIEWERS, is_same_folder
from selfinstruct_chains.outputs.review.verdicts import PAPER_TABLE_TWO, QUESTIONS
from selfinstruct_chains.outputs.stats import PAPER_TABLE_ONE
from selfinstruct_chains.training.evaluation.intervals import (
    Counted,
    Estimate,
    counted,
    counted_in_groups,
    counted_share,
    unpaired_share_difference,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from selfinstruct_chains.outputs.compare.side import Side
    from selfinstruct_chains.outputs.review.verdicts import Verdict

LEVEL = 0.95
"""Of each interval shown."""
_QUESTIONS = {
    "valid_instruction": "valid instruction",
    "appropriate_input": "appropriate input",
    "correct_output": "correct output",
    "all": "all three",
}


class Share(NamedTuple):
    """A share in each run."""

    key: str
    """For programs: "accepted", "person.all"."""
    name: str
    found: Sequence[Counted]
    """In the order of the runs; of 0 where there is nothing to count."""
    paper: float | None = None
    """The paper's, 0 to 1."""

    def estimate(self, place: int) -> Estimate:
        """That of a run, in percent, with its interval."""
        return counted_share(self.found[place], LEVEL)


class Difference(NamedTuple):
    """By how much a run's share is above the first run's, in percentage points."""

    share: Share
    estimate: Estimate
    is_clear: bool
    """Whether an interval that is wider for all the comparisons made (Bonferroni) excludes zero."""


def shares(sides: Sequence[Side]) -> list[Share]:
    """Every share that at least one of the runs has something to count for."""
    found = [*_of_instructions(sides), *_of_tasks(sides), *_of_verdicts(sides)]
    return [share for share in found if any(one.of for one in share.found)]


def differences(sides: Sequence[Side], found: Sequence[Share]) -> dict[str, list[Difference]]:
    """For each other run, by its letter, how its shares differ from the first's; none where it is the same folder.

    Shares that one of the two can't be asked for are left out.
    """
    first, *others = sides
    whole = "accepted" if span(sides) else ""  # which would be of pools of different sizes
    level = 1 - (1 - LEVEL) / len(others)
    return {
        side.letter: [
            _difference(share, place, level)
            for share in found
            if share.found[0].of and share.found[place].of and share.key != whole
        ]
        for place, side in enumerate(others, start=1)
        if not is_same_folder(first, side)
    }


def span(sides: Sequence[Side]) -> int | None:
    """The requests that all runs have made, where some have made more: acceptance falls as a pool grows."""
    made = {side.facts.stats.acceptance.requests for side in sides}
    return min(made) if len(made) > 1 else None


def _difference(share: Share, place: int, level: float) -> Difference:
    two = share.found[place], share.found[0]
    wide = unpaired_share_difference(*two, level)
    return Difference(share, unpaired_share_difference(*two, LEVEL), wide.is_clear)


def _of_instructions(sides: Sequence[Side]) -> Iterator[Share]:
    first = span(sides)
    yield Share("accepted", "accepted instructions", [_accepted(side, None) for side in sides])
    if first:
        name = f"accepted, in {first:,} requests"
        yield Share("accepted_in_span", name, [_accepted(side, first) for side in sides])
    for rule in _rules(sides):
        yield Share(f"dropped.{rule}", f"dropped: {rule}", [_dropped(side, rule, first) for side in sides])
    yield Share("finished", "finished, of accepted", [_finished(side) for side in sides])


def _accepted(side: Side, first: int | None) -> Counted:
    """Of what was proposed in the first requests, or in all."""
    acceptance = side.facts.stats.acceptance
    windows = acceptance.windows(acceptance.requests or 1)[:first]
    return counted_in_groups((window.accepted, window.proposed) for window in windows)


def _rules(sides: Sequence[Side]) -> list[str]:
    """Those that dropped instructions, the ones that dropped most first."""
    counts: dict[str, int] = {}
    for side in sides:
        for rule, requests in side.dropped.items():
            counts[rule] = counts.get(rule, 0) + requests.total()
    return sorted(counts, key=lambda rule: (-counts[rule], rule))


def _dropped(side: Side, rule: str, first: int | None) -> Counted:
    """Of the same requests as acceptance is compared over."""
    acceptance, counts = side.facts.stats.acceptance, side.dropped.get(rule, Counter())
    windows = acceptance.windows(acceptance.requests or 1)[:first]
    return counted_in_groups((counts[window.first], window.proposed) for window in windows)


def _finished(side: Side) -> Counted:
    return counted(side.finished, side.facts.stats.acceptance.accepted)


def _of_tasks(sides: Sequence[Side]) -> Iterator[Share]:
    paper = PAPER_TABLE_ONE["classification"] / PAPER_TABLE_ONE["instructions"]
    classified = [counted_in_groups(side.classified.values()) for side in sides]
    yield Share("classification", "classification tasks", classified, paper)
    labels = [side.facts.stats.labels for side in sides]
    yield Share("one_label", "with one label alone", [counted(one.one_label, one.tasks) for one in labels])


def _of_verdicts(sides: Sequence[Side]) -> Iterator[Share]:
    for who, name in REVIEWERS.items():
        for question, title in _QUESTIONS.items():
            found = [counted(*_yes(side.verdicts.get(who, ()), question)) for side in sides]
            paper = next(share for one, share in PAPER_TABLE_TWO.items() if one == question)
            yield Share(f"{who}.{question}", f"{title}, by {name}", found, paper)


def _yes(verdicts: Sequence[Verdict], question: str) -> tuple[int, int]:
    """How many say yes, of those that say yes or no: who is unsure counts for neither."""
    asked = [question] if question in QUESTIONS else list(QUESTIONS)
    answers = [[getattr(one, question) for question in asked] for one in verdicts]
    yes = sum(all(answer is True for answer in given) for given in answers)
    no = sum(any(answer is False for answer in given) for given in answers)
    return yes, yes + no
