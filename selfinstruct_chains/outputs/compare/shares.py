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


def shares(sides: Sequence[Side], first: int | None = None) -> list[Share]:
    """Every share that at least one of the runs has something to count for.

    Args:
        sides: the runs.
        first: what is proposed, accepted and dropped is counted in so many requests of each, the first ones; None: all.
    """
    found = [*_of_instructions(sides, first), *_of_tasks(sides), *_of_verdicts(sides)]
    return [share for share in found if any(one.of for one in share.found)]


def differences(sides: Sequence[Side]) -> dict[str, list[Difference]]:
    """For each other run, by its letter, how its shares differ from the first's; none where it is the same folder.

    Acceptance falls as a pool grows, so that it is compared over as many requests. Shares that one of the two has
    nothing to count for are left out.
    """
    first, *others = sides
    level = 1 - (1 - LEVEL) / len(others)
    return {
        side.letter: [
            _difference(share, level) for share in shares([first, side], span([first, side])) if _has_both(share)
        ]
        for side in others
        if not is_same_folder(first, side)
    }


def span(sides: Sequence[Side]) -> int | None:
    """The requests that each of the runs has made that made any, where some have made more; else None."""
    made = {side.facts.stats.acceptance.requests for side in sides} - {0}
    return min(made) if len(made) > 1 else None


def _has_both(share: Share) -> bool:
    return all(one.of for one in share.found)


def _difference(share: Share, level: float) -> Difference:
    first, other = share.found
    wide = unpaired_share_difference(other, first, level)
    return Difference(share, unpaired_share_difference(other, first, LEVEL), wide.is_clear)


def _of_instructions(sides: Sequence[Side], first: int | None) -> Iterator[Share]:
    among = f"accepted, in {first:,} request{'s' * (first > 1)}" if first else "accepted instructions"
    yield Share("accepted", among, [_accepted(side, first) for side in sides])
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
