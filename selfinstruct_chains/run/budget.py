"""Limits on what a run may spend, asked before each call."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

from annotated_types import Ge, Gt
from pydantic import Strict
from typing_extensions import TypedDict

from selfinstruct_chains.errors import BudgetReached, ConfigError, RunStopped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from selfinstruct_chains.config import Price, Purpose
    from selfinstruct_chains.run.monitor import Monitor


class Budgets(TypedDict, total=False):
    """What a run may spend; what is left out is not limited."""

    calls: Annotated[int, Strict(), Ge(1)]
    """Replies, over the whole folder."""
    tokens: Annotated[int, Strict(), Ge(1)]
    """Tokens of prompts and replies, over the whole folder."""
    dollars: Annotated[float, Strict(), Gt(0)]
    """The price of the tokens, over the whole folder."""
    minutes: Annotated[float, Strict(), Gt(0)]
    """Minutes of this start."""


class Budget:
    """Lets an attempt go ahead, or raises the reason why not; passed by no more than the calls in flight.

    Raises:
        ConfigError: there is a limit of dollars, and no price for one of the models.
    """

    def __init__(self, limits: Budgets, monitor: Monitor) -> None:
        self._limits = limits
        self._monitor = monitor
        self._started = time.monotonic() - (monitor.seconds if monitor.started else 0)  # others may have gone before
        self._closed = False
        if "dollars" in limits:
            _check_prices(monitor.prices)

    def check(self) -> None:
        """Let one more attempt go ahead.

        Raises:
            RunStopped: a limit is reached, or the run is being ended.
        """
        if self._closed:
            raise RunStopped("the run has ended")
        if self._limits and not self._monitor.stopping:
            for budget, why in self._reached():
                self._monitor.stop(BudgetReached(why, budget=budget))
        if self._monitor.stopping:
            raise self._monitor.stopping

    def close(self) -> None:
        """Let no attempt go ahead any more: the run has ended, for whatever reason."""
        self._closed = True

    def _reached(self) -> Iterator[tuple[str, str]]:
        limits, monitor, total = self._limits, self._monitor, self._monitor.total
        if "calls" in limits and total.calls + monitor.in_flight >= limits["calls"]:
            yield "calls", f"the budget of {limits['calls']:,} calls is used up"
        for budget in {"tokens", "dollars"} & limits.keys() if total.unknown else ():
            yield "", f"the provider does not count its tokens, so that no budget of {budget} can be kept"
        tokens = total.input_tokens + total.output_tokens
        if "tokens" in limits and tokens >= limits["tokens"]:
            yield "tokens", f"the budget of {limits['tokens']:,} tokens is used up ({tokens:,} so far)"
        cost = monitor.cost or 0
        if "dollars" in limits and cost >= limits["dollars"]:
            yield "dollars", f"the budget of ${limits['dollars']:.2f} is used up (${cost:.2f} so far)"
        if "minutes" in limits and time.monotonic() - self._started >= 60 * limits["minutes"]:
            yield "minutes", f"the budget of {limits['minutes']:g} minutes is used up"


def _check_prices(prices: Mapping[Purpose, Price | None]) -> None:
    unknown = [role for role, price in prices.items() if price is None]
    if unknown:
        raise ConfigError(
            f"a budget of dollars needs the price of each model, and that of {', '.join(unknown)} is not known; "
            "state it in dollars for a million tokens (--set 'model.price={input: 0.4, output: 1.6}', for one role "
            f"{_section(unknown[0])}.model.price), or limit the calls instead (--max-calls)"
        )


def _section(role: Purpose) -> str:
    """The role's section of a chain file."""
    return f"instances.{role}" if role.endswith("first") else role
