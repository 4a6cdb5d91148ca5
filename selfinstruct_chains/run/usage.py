"""What the calls of a run have cost: calls, tokens, dollars."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.messages.ai import UsageMetadata

    from selfinstruct_chains.config import Price, Purpose

    Spent = Mapping[tuple[Purpose, str], "Usage"]
    """Usage by role and model, as reported; the model is "" for attempts that got no reply, and where none was told."""

_MILLION = 1_000_000
COUNTS = ("input_tokens", "output_tokens", "total_tokens")
_PARTS = {
    "cache_read_tokens": ("input_token_details", "cache_read"),
    "cache_write_tokens": ("input_token_details", "cache_creation"),
    "reasoning_tokens": ("output_token_details", "reasoning"),
}
"""What may be told of these besides, and where LangChain has it."""
_TOLD = ("input_tokens", "output_tokens", *_PARTS)


@dataclass(frozen=True)
class Usage:
    """Calls and tokens of one role and one model, over the whole folder."""

    calls: int = 0
    """Replies."""
    input_tokens: int = 0
    output_tokens: int = 0
    unknown: int = 0
    """Replies whose tokens the provider did not count."""
    faults: int = 0
    """Attempts that got no reply."""
    milliseconds: int = 0
    """Of all replies together, from the call to its reply."""
    cache_read_tokens: int = 0
    """Those of the input that the provider read from its cache of prompts."""
    cache_write_tokens: int = 0
    """Those of the input that it wrote there."""
    reasoning_tokens: int = 0
    """Those of the output that were hidden thinking."""

    def plus(self, tokens: Mapping[str, int] | None, milliseconds: int | None) -> Usage:
        """With one reply more."""
        counted = {name: getattr(self, name) + (tokens or {}).get(name, 0) for name in _TOLD}
        took = self.milliseconds + (milliseconds or 0)
        return replace(
            self, calls=self.calls + 1, unknown=self.unknown + (tokens is None), milliseconds=took, **counted
        )

    def plus_fault(self) -> Usage:
        """With one attempt more that got no reply."""
        return replace(self, faults=self.faults + 1)

    def with_(self, other: Usage) -> Usage:
        """Both together."""
        return Usage(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(Usage)})

    def dollars(self, price: Price) -> float:
        """What the counted tokens cost."""
        cached = price.input if price.cached_input is None else price.cached_input
        written = price.input if price.cache_write is None else price.cache_write
        fresh = self.input_tokens - self.cache_read_tokens - self.cache_write_tokens
        read = fresh * price.input + self.cache_read_tokens * cached + self.cache_write_tokens * written
        return (read + self.output_tokens * price.output) / _MILLION


def counts(usage: Mapping[str, Any] | None) -> dict[str, int] | None:
    """The counts that the journal keeps of what LangChain says of a reply's tokens."""
    if not usage:
        return None
    parts = {name: usage.get(where, {}).get(key) for name, (where, key) in _PARTS.items()}
    return {name: max(0, usage[name]) for name in COUNTS} | {name: part for name, part in parts.items() if part}


def usage_metadata(kept: Mapping[str, int] | None) -> UsageMetadata | None:
    """What the journal keeps, as LangChain says it."""
    if not kept:
        return None
    found: dict[str, Any] = {name: kept[name] for name in COUNTS}
    for name, (where, key) in _PARTS.items():
        if name in kept:
            found.setdefault(where, {})[key] = kept[name]
    metadata: Any = found
    return metadata  # type: ignore[no-any-return]


def wrong_count(kept: Mapping[str, Any]) -> str | None:
    """The name of a count in a journal's line that is none; None if all are."""
    needed = [*COUNTS, *(name for name in _PARTS if name in kept)]
    return next((name for name in needed if type(kept.get(name)) is not int or kept[name] < 0), None)


def total(spent: Spent) -> Usage:
    """All of it together."""
    return Usage(**{one.name: sum(getattr(usage, one.name) for usage in spent.values()) for one in fields(Usage)})


def dollars(spent: Spent, prices: Mapping[Purpose, Price | None]) -> float | None:
    """What the counted tokens cost; None when the price of a model that was used is not known."""
    costs = 0.0
    for (role, _), usage in spent.items():
        price = prices.get(role)
        if price is not None:
            costs += usage.dollars(price)
        elif usage.calls:
            return None
    return costs
