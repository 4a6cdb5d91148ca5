"""What a finished task of a run has cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfinstruct_chains.run.usage import total

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from selfinstruct_chains.outputs.compare.side import Side

COSTS: Mapping[str, Callable[[Side], float]] = {
    "calls": lambda side: total(side.facts.stats.calls).calls,
    "tokens in": lambda side: total(side.facts.stats.calls).input_tokens,
    "tokens out": lambda side: total(side.facts.stats.calls).output_tokens,
    "seconds of replies": lambda side: total(side.facts.stats.calls).milliseconds / 1000,
}
"""What is divided by the finished tasks, over the whole folder."""


def each(side: Side, figure: Callable[[Side], float]) -> float | None:
    """A figure for each finished task; None where there are none, or no calls."""
    return figure(side) / side.finished if side.finished and side.has_calls else None


def tokens(side: Side) -> float:
    """All that were counted, in and out."""
    used = total(side.facts.stats.calls)
    return used.input_tokens + used.output_tokens


def dollars_each(side: Side) -> float | None:
    """Dollars that a finished task has cost; None where a price is not known, or nobody counted any tokens."""
    costs = [cost.dollars for cost in side.facts.stats.spent.values()]
    known = [cost for cost in costs if cost is not None]
    used = total(side.facts.stats.calls)
    if not side.finished or len(known) < len(costs) or used.unknown == used.calls:
        return None
    return sum(known) / side.finished
