"""What the calls of a run have cost: calls, tokens, dollars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selfinstruct_chains.config import Price, Role

    Spent = Mapping[tuple[Role, str], "Usage"]
    """Usage by role and model, as reported; the model is "" for attempts that got no reply, and where none was told."""

_MILLION = 1_000_000


@dataclass
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

    def add(self, tokens: Mapping[str, int] | None, milliseconds: int | None) -> None:
        """Count one reply."""
        self.calls += 1
        self.milliseconds += milliseconds or 0
        if tokens is None:
            self.unknown += 1
        else:
            self.input_tokens += tokens["input_tokens"]
            self.output_tokens += tokens["output_tokens"]

    def dollars(self, price: Price) -> float:
        """What the counted tokens cost."""
        return (self.input_tokens * price.input + self.output_tokens * price.output) / _MILLION


def total(spent: Spent) -> Usage:
    """All of it together."""
    return Usage(
        **{
            name: sum(getattr(usage, name) for usage in spent.values())
            for name in ("calls", "input_tokens", "output_tokens", "unknown", "faults", "milliseconds")
        }
    )


def dollars(spent: Spent, prices: Mapping[Role, Price | None]) -> float | None:
    """What the counted tokens cost; None when the price of a model that was used is not known."""
    costs = 0.0
    for (role, _), usage in spent.items():
        price = prices.get(role)
        if price is not None:
            costs += usage.dollars(price)
        elif usage.calls:
            return None
    return costs
