"""What a comparison comes to, in sentences that follow from its intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfinstruct_chains.outputs.compare.cost import dollars_each, each, tokens
from selfinstruct_chains.outputs.compare.side import REVIEWERS, is_same_folder
from selfinstruct_chains.training.evaluation.table import estimate_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selfinstruct_chains.outputs.compare.comparison import Comparison
    from selfinstruct_chains.outputs.compare.shares import Difference
    from selfinstruct_chains.outputs.compare.side import Side

HOW = (
    "In percentage points, with 95% intervals (Newcombe's), for which the instructions of one request are alike. "
    "“Can't tell below 5.0” says: a true difference of 5.0 would have shown in four of five such comparisons, and a "
    "smaller one need not."
)
"""How differences are to be read."""


def verdict(one: Difference) -> str:
    """What a difference says: "higher", or that it can't tell below `Estimate.detectable`."""
    if one.is_clear:
        return "higher" if one.estimate.mean > 0 else "lower"
    return f"can't tell below {one.estimate.detectable:.1f}"


def in_short(found: Comparison) -> list[str]:
    """A paragraph for each other run: what people or a model say of it beside the first, acceptance, and cost."""
    first, *others = found.sides
    return [
        f"{side.letter} beside {first.letter}. {' '.join(_sentences(found, first, side))}"
        for side in others
        if not is_same_folder(first, side)
    ]


def _sentences(found: Comparison, first: Side, side: Side) -> Iterator[str]:
    known = {one.share.key: one for one in found.differences.get(side.letter, ())}
    reviewed = [(name, known[f"{who}.all"]) for who, name in REVIEWERS.items() if f"{who}.all" in known]
    for name, one in reviewed:
        yield _sentence(f"Right in all three respects, by {name}", one, side)
    if not reviewed:
        yield "Which is better in quality nothing says: they have no verdicts of one kind (selfinstruct review)."
    if accepted := known.get("accepted"):
        yield _sentence("Accepted instructions", accepted, side)
    yield from _cost(first, side)


def _sentence(what: str, one: Difference, side: Side) -> str:
    estimate = f"{estimate_text(one.estimate, 1, sign='+')} points"
    if one.is_clear:
        return f"{what}: {'more' if one.estimate.mean > 0 else 'fewer'} of {side.letter}'s ({estimate})."
    return f"{what}: can't be told apart ({estimate}; {one.estimate.detectable:.1f} would have shown)."


def _cost(first: Side, side: Side) -> Iterator[str]:
    """Dollars where both are known, else tokens."""
    for what, both in (
        ("dollars", (dollars_each(side), dollars_each(first))),
        ("tokens", (each(side, tokens), each(first, tokens))),
    ):
        if both[0] and both[1]:
            yield f"A finished task takes {both[0] / both[1]:.2g} times the {what}."
            return
