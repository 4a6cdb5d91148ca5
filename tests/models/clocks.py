"""A clock that only sleeping moves, and a retry loop that lives by it."""

from __future__ import annotations

import asyncio
from typing import Any

from selfinstruct_chains.models.limits import Gate
from selfinstruct_chains.models.patience import Patience


class Time:
    """A clock that only sleeping moves."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Makes it later."""
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def gate(self, most: int = 99, **limits: Any) -> Gate:
        """A gate that lives by this clock."""
        return Gate(most, clock=lambda: self.now, sleep=self.sleep, **limits)

    def patience(self, seconds: float = 600, most: int = 99, *, gate: Gate | None = None, **values: Any) -> Patience:
        """A retry loop that lives by this clock."""
        return Patience("m at http://x", 5, seconds, gate=gate or self.gate(most), sleep=self.sleep, **values)
