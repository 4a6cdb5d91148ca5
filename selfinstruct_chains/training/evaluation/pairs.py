"""Two models' answers to the same items, compared by a judge that saw each pair in both orders.

A win counts only if both orders agree; where they don't, it is a tie, for what the judge went by was the order. A reply
that can't be read is no tie: the pair is missing, and counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from selfinstruct_chains.training.evaluation import intervals
from selfinstruct_chains.training.evaluation.comparing import LEVEL, Difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Better = Literal["first", "second", "tie"]
_FEWEST = 10  # pairs of either kind, longer and shorter, for the figure that is balanced by length


class Pair(NamedTuple):
    """What a judge said of a model's answer beside the baseline's."""

    baseline_first: Better | None
    """With the baseline's answer before the model's; None: no verdict that can be read, or refused."""
    model_first: Better | None
    """With the model's answer before the baseline's."""
    longer: int
    """Characters that the model's answer has more than the baseline's; negative: fewer."""
    same: bool = False
    """Whether the two answers are one text, which is a tie without a question."""

    @property
    def outcome(self) -> float | None:
        """100 for a win of the model, -100 for one of the baseline, 0 for a tie, None if it is missing."""
        if self.same:
            return 0.0
        if self.baseline_first is None or self.model_first is None:
            return None
        one, other = _SIGNS[self.baseline_first], -_SIGNS[self.model_first]
        return 100.0 * one if one == other else 0.0

    @property
    def agrees(self) -> bool | None:
        """Whether both orders gave one verdict; None where there are not two."""
        if self.same or self.baseline_first is None or self.model_first is None:
            return None
        return _SIGNS[self.baseline_first] == -_SIGNS[self.model_first]


_SIGNS: dict[Better, int] = {"first": -1, "second": 1, "tie": 0}
"""Which way a verdict goes where the baseline stands first."""


class Shares(NamedTuple):
    """How often something was so, in percent of how many; None of none."""

    percent: float | None
    of: int


class Preference(NamedTuple):
    """A model beside the baseline, over all items."""

    wins: int
    ties: int
    losses: int
    missing: int
    """Pairs without two verdicts that can be read."""
    win_rate: float | None
    """Percent of the pairs that are not missing; a tie is half a win. None: all are missing."""
    net: Difference
    """Wins minus losses, in percent of the pairs that are not missing; it changes its sign when the two are swapped."""
    consistency: Shares
    """Pairs in which both orders gave one verdict; low: the judge can't tell these answers apart."""
    first_chosen: Shares
    """Verdicts for the answer that stood first, of all that preferred one; 50 is no bias by position."""
    longer_won: Shares
    """Wins and losses that went to the longer answer."""
    net_by_length: float | None
    """`net`, if the model's answer were the longer one in half of the pairs; None: too few are longer, or shorter."""


def preference(pairs: Sequence[Pair], comparisons: int = 1) -> Preference:
    """What pairs say of a model and the baseline.

    Args:
        pairs: one for each item.
        comparisons: how many models are compared with the baseline: `net` is clear at an interval as wide as that asks.
    """
    outcomes = [pair.outcome for pair in pairs if pair.outcome is not None]
    wins, losses = (sum(outcome * sign > 0 for outcome in outcomes) for sign in (1, -1))
    ties = len(outcomes) - wins - losses
    wider = intervals.share_difference(outcomes, 1 - (1 - LEVEL) / max(comparisons, 1))
    return Preference(
        wins,
        ties,
        losses,
        len(pairs) - len(outcomes),
        100 * (wins + ties / 2) / len(outcomes) if outcomes else None,
        Difference(intervals.share_difference(outcomes, LEVEL), wider.is_clear),
        _shares(pair.agrees for pair in pairs),
        _shares(said == "first" for pair in pairs for said in _verdicts(pair) if said != "tie"),
        _shares(pair.outcome * pair.longer > 0 for pair in pairs if pair.outcome and pair.longer),
        _net_by_length(pairs),
    )


def _verdicts(pair: Pair) -> list[Better]:
    return [said for said in (pair.baseline_first, pair.model_first) if said is not None]


def _shares(values: Iterable[bool | None]) -> Shares:
    known = [value for value in values if value is not None]
    return Shares(100 * sum(known) / len(known) if known else None, len(known))


def _net_by_length(pairs: Sequence[Pair]) -> float | None:
    """The mean of `net` where the model's answer is longer and `net` where it is shorter."""
    parts = [
        [pair.outcome for pair in pairs if pair.outcome is not None and pair.longer * sign > 0] for sign in (1, -1)
    ]
    if any(len(part) < _FEWEST for part in parts):
        return None
    return sum(sum(part) / len(part) for part in parts) / len(parts)
