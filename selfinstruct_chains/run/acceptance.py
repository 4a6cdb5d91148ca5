"""How many of the proposed instructions were accepted, request by request: counted from tasks and rejections."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.run import advice
from selfinstruct_chains.tasks import Rejection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from selfinstruct_chains.tasks import Task


class Window(NamedTuple):
    """What some requests in a row came to."""

    first: int
    """The number of the first request, from 0."""
    last: int
    proposed: int
    """Instructions that their replies held."""
    accepted: int
    """Those that joined the pool, finished or not."""

    @property
    def rate(self) -> float | None:
        """Accepted of proposed, 0 to 1; None when nothing was proposed."""
        return self.accepted / self.proposed if self.proposed else None


class Acceptance:
    """What the requests came to: fed the finished tasks and the rejections of a run, in any order."""

    def __init__(self) -> None:
        self.requests = 0
        """Requests up to the last one that anything came of."""
        self._dropped: Counter[int | None] = Counter()
        self._accepted: Counter[int | None] = Counter()  # None: a task that does not say where it comes from

    def finish(self, task: Task) -> None:
        """Count a finished task. One without provenance is in the totals, and in no window."""
        request = task.provenance.request if task.provenance else None
        self._accepted[request] += 1
        self._reach(request)

    def reject(self, rejection: Rejection) -> None:
        """Count a dropped candidate; one that was dropped as a task had been accepted as an instruction."""
        self._accepted[rejection.request] += rejection.stage == "task"
        self._dropped[rejection.request] += rejection.stage == "instruction"
        self._reach(rejection.request)

    @property
    def accepted(self) -> int:
        """Instructions that joined the pool."""
        return self._accepted.total()

    @property
    def proposed(self) -> int:
        """Instructions that the replies held."""
        return self.accepted + self._dropped.total()

    def windows(self, most: int) -> tuple[Window, ...]:
        """The run over its requests, in at most `most` windows of as many requests each; the last may have fewer."""
        width = -(-self.requests // most) or 1
        accepted, dropped = _binned(self._accepted, width), _binned(self._dropped, width)
        return tuple(
            Window(first, min(first + width, self.requests) - 1, accepted[number] + dropped[number], accepted[number])
            for number, first in enumerate(range(0, self.requests, width))
        )

    def _reach(self, request: int | None) -> None:
        self.requests = max(self.requests, 0 if request is None else request + 1)


class Drought:
    """How long nothing of use has come in a row, and what dropped what came instead."""

    def __init__(self) -> None:
        self.length = 0
        self._drops: Counter[tuple[str, str]] = Counter()

    def add(self, came: Iterable[Task | Rejection], *, good: bool) -> None:
        """Count what came of one request, or of one instruction; anything good ends it."""
        self.length += 1
        self._drops.update((one.stage, one.rule) for one in came if isinstance(one, Rejection))
        if good:
            self.length = 0
            self._drops.clear()

    def told(self, what: str) -> str:
        """For the error that ends a run: how long it has lasted, what dropped most, and what to change."""
        why = advice.why(self._drops)
        return f"the last {self.length} {what}" + (f", {why}" if why else "")


def _binned(counts: Counter[int | None], width: int) -> Counter[int]:
    binned: Counter[int] = Counter()
    for request, count in counts.items():
        if request is not None:
            binned[request // width] += count
    return binned
