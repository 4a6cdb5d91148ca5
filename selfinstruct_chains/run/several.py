"""The counts of several folders that are filled one after another, as if they were one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfinstruct_chains.run import usage
from selfinstruct_chains.run.monitor import Monitor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selfinstruct_chains.config import Price, Purpose
    from selfinstruct_chains.run.usage import Spent

_GOING_ON = ("finished", "new", "new_calls", "stopping", "started", "_calling", "_recent")
"""What the next folder does not begin anew."""


class Several(Monitor):
    """Counts, and stops, what is done in one folder after another: budgets and the display mean all of them.

    Args:
        wanted: items in all folders together.
    """

    def __init__(self, wanted: int) -> None:
        super().__init__()
        self._all = wanted
        self._before: list[tuple[Spent, Mapping[Purpose, Price | None]]] = []

    def begin(self, _: int, spent: Spent, prices: Mapping[Purpose, Price | None], notes: list[str]) -> None:
        """The next folder begins."""
        kept = {name: getattr(self, name) for name in _GOING_ON} if self.wanted else {}
        if self.wanted:
            self._before.append((dict(self.ledger), self.prices))
        super().begin(self._all, spent, prices, [*self.notes, *notes])
        vars(self).update(kept)

    @property
    def spent(self) -> Spent:
        """What the calls have cost up to now, by purpose and model, over all folders."""
        found: dict[tuple[Purpose, str], usage.Usage] = {}
        for spent in (*(spent for spent, _ in self._before), dict(self.ledger)):
            found |= {key: one.with_(found.get(key, usage.Usage())) for key, one in spent.items()}
        return found

    @property
    def cost(self) -> float | None:
        """Dollars over all folders, each at its own price; None when one is not known."""
        costs = [usage.dollars(spent, prices) for spent, prices in (*self._before, (dict(self.ledger), self.prices))]
        return None if None in costs else sum(filter(None, costs))
