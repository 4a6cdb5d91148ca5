"""What a run is doing: counts to show while it goes, and in its summary; and the handle to stop it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.errors import Interrupted
from selfinstruct_chains.run import usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selfinstruct_chains.config import Price, Purpose
    from selfinstruct_chains.errors import SelfInstructError
    from selfinstruct_chains.run.usage import Spent, Usage
    from selfinstruct_chains.tasks import Rejection, Task

_WINDOW = 60.0  # seconds over which the rate of calls is taken


@dataclass
class Monitor:
    """The live counts of one start of a run. Read them at any time; call `stop` to end the run.

    They may be read from any thread: what holds several values is never changed, but replaced whole.
    """

    wanted: int = 0
    finished: int = 0
    accepted: int = 0
    """Instructions that joined the pool, among those settled so far."""
    requests: int = 0
    """Instruction requests whose candidates are settled."""
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Dropped candidates by (stage, rule); a count more is another Counter."""
    in_flight: int = 0
    """Calls waiting for their reply."""
    classification: int = 0
    """Finished classification tasks."""
    instances: int = 0
    """Instances of the finished tasks."""
    new_calls: int = 0
    """Replies received since this start."""
    replies_used: int = 0
    """Replies that what is settled so far was made from; known when the run has ended."""
    ledger: Spent = field(default_factory=dict)
    """What `spent` is read from; it grows while the run goes."""
    prices: Mapping[Purpose, Price | None] = field(default_factory=dict)
    """Dollars for a million tokens; None where they are not known."""
    notes: list[str] = field(default_factory=list)
    """What there is to say besides; it may grow while the run goes."""
    stopping: SelfInstructError | None = None
    started: float = 0.0
    """When this start began, in seconds since 1970."""
    ended: float = 0.0
    """When it ended; 0.0 while it goes on."""
    _recent: tuple[tuple[int, int], ...] = ()  # replies in each second of the last minute that had any

    def begin(self, wanted: int, spent: Spent, prices: Mapping[Purpose, Price | None], notes: list[str]) -> None:
        """A run starts: what is wanted, and what the folder's calls have cost before. All counts begin anew."""
        stopping = None if self.wanted else self.stopping  # a run may be stopped before it begins
        vars(self).update(vars(Monitor(wanted, ledger=spent, prices=prices, notes=notes, stopping=stopping)))
        self.started = time.time()

    def stop(self, reason: SelfInstructError) -> None:
        """End the run: no new calls; what is in flight may finish."""
        self.stopping = self.stopping or reason

    def interrupt(self, reason: Interrupted) -> None:
        """End the run within seconds, even if it is about to end for another reason."""
        if not isinstance(self.stopping, Interrupted):
            self.stopping = reason

    def replied(self) -> None:
        """Count a reply that came just now."""
        self.new_calls += 1
        now, recent = int(time.monotonic()), dict(self._recent)
        recent[now] = recent.get(now, 0) + 1
        self._recent = tuple((second, count) for second, count in recent.items() if second > now - _WINDOW)

    def leave(self, request: int, *, accepted: bool) -> None:
        """Count a settled candidate of `request`."""
        self.requests = request + 1
        self.accepted += accepted

    def reject(self, rejection: Rejection) -> None:
        """Count a dropped candidate."""
        self.rejected = self.rejected + Counter({(rejection.stage, rejection.rule): 1})

    def finish(self, task: Task) -> None:
        """Count a finished task."""
        self.finished += 1
        self.classification += task.is_classification
        self.instances += len(task.instances)

    @property
    def spent(self) -> Spent:
        """What the calls have cost up to now, by role and model, over the whole folder."""
        return dict(self.ledger)

    @property
    def candidates(self) -> int:
        """Instructions that the settled requests gave."""
        return self.accepted + sum(count for (stage, _), count in self.rejected.items() if stage == "instruction")

    @property
    def total(self) -> Usage:
        """What all calls in the whole folder have cost."""
        return usage.total(self.spent)

    @property
    def calls(self) -> int:
        """Replies in the whole folder."""
        return self.total.calls

    @property
    def tokens(self) -> int:
        """Tokens in the whole folder, as far as they were counted."""
        total = self.total
        return total.input_tokens + total.output_tokens

    @property
    def cost(self) -> float | None:
        """Dollars in the whole folder, for the tokens that were counted; None when a price is not known."""
        return usage.dollars(self.spent, self.prices)

    @property
    def rate(self) -> float:
        """Replies per second, over the last minute of this start."""
        since = time.monotonic() - _WINDOW
        replies = sum(count for second, count in self._recent if second > since)
        return replies / max(1.0, min(_WINDOW, self.seconds))

    @property
    def seconds(self) -> float:
        """How long this start has taken."""
        return (self.ended or time.time()) - self.started

    def snapshot(self) -> dict[str, Any]:
        """The counts as JSON values."""
        total = self.total
        return {
            "finished": self.finished,
            "wanted": self.wanted,
            "accepted": self.accepted,
            "candidates": self.candidates,
            "requests": self.requests,
            "rejected": {f"{stage}.{rule}": count for (stage, rule), count in sorted(self.rejected.items())},
            "in_flight": self.in_flight,
            "calls": total.calls,
            "faults": total.faults,
            "input_tokens": total.input_tokens,
            "output_tokens": total.output_tokens,
            "cache_read_tokens": total.cache_read_tokens,
            "cache_write_tokens": total.cache_write_tokens,
            "reasoning_tokens": total.reasoning_tokens,
            "unknown_tokens": total.unknown,
            "dollars": self.cost,
            "calls_per_second": round(self.rate, 2),
        }
