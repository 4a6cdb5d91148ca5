"""What a run is doing: counts to show while it goes, and in its summary; and the handle to stop it."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import Interrupted
from selfinstruct_chains.run import usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from selfinstruct_chains.config import Price, Purpose
    from selfinstruct_chains.errors import SelfInstructError
    from selfinstruct_chains.models.fleet.counts import NodeCount
    from selfinstruct_chains.models.patience import Wait
    from selfinstruct_chains.run.usage import Spent, Usage
    from selfinstruct_chains.tasks import Rejection, Task

_WINDOW = 60.0  # seconds over which the rate of calls is taken


class Waiting(NamedTuple):
    """A call that pauses before it is made again; times are those of the monitor's clock."""

    why: str
    """What its last attempt met."""
    until: float
    """When it is made again."""
    gives_up: float
    """When its patience ends."""


class Pauses(NamedTuple):
    """All calls that pause now, together."""

    calls: int
    why: str
    """What the latest of them met."""
    seconds: int
    """Until the first is made again; 0 or less where it waits for its turn."""
    patience_left: int
    """Seconds until the first is given up, and the run stops."""


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
    waiting: Mapping[str, Waiting] = field(default_factory=dict)
    """Calls that got none and pause before they are made again, by key; one more or less is another mapping."""
    new: int = 0
    """Of the finished ones, those that this start made: the others were there before."""
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
    nodes: Callable[[], Sequence[NodeCount]] = tuple
    """How it stands with each node of the cluster that makes the calls; nothing where this process makes them."""
    notes: list[str] = field(default_factory=list)
    """What there is to say besides; it may grow while the run goes."""
    stopping: SelfInstructError | None = None
    started: float = 0.0
    """When this start began, in seconds since 1970."""
    ended: float = 0.0
    """When it ended; 0.0 while it goes on."""
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    """Seconds, on and on."""
    _calling: float = 0.0  # when the first call of this start went out, by the clock
    _recent: tuple[tuple[int, int], ...] = ()  # replies in each second of the last minute that had any

    def begin(self, wanted: int, spent: Spent, prices: Mapping[Purpose, Price | None], notes: list[str]) -> None:
        """A run starts: what is wanted, and what the folder's calls have cost before. All counts begin anew."""
        stopping = None if self.wanted else self.stopping  # a run may be stopped before it begins
        begun = Monitor(wanted, ledger=spent, prices=prices, notes=notes, stopping=stopping, clock=self.clock)
        vars(self).update(vars(begun))
        self.started = time.time()

    def stop(self, reason: SelfInstructError) -> None:
        """End the run: no new calls; what is in flight may finish."""
        self.stopping = self.stopping or reason

    def interrupt(self, reason: Interrupted) -> None:
        """End the run within seconds, even if it is about to end for another reason."""
        if not isinstance(self.stopping, Interrupted):
            self.stopping = reason

    @contextmanager
    def call(self, key: str) -> Iterator[None]:
        """A call is in flight, and pauses no more."""
        self._calling = self._calling or self.clock()
        self.in_flight += 1
        self.go_on(key)
        try:
            yield
        finally:
            self.in_flight -= 1

    def wait(self, key: str, wait: Wait) -> None:
        """A call begins to pause."""
        now = self.clock()
        self.waiting = {**self.waiting, key: Waiting(wait.why, now + wait.seconds, now + wait.left)}

    def go_on(self, key: str) -> None:
        """A call pauses no more."""
        if key in self.waiting:
            self.waiting = {other: one for other, one in self.waiting.items() if other != key}

    def replied(self) -> None:
        """Count a reply that came just now."""
        self.new_calls += 1
        now, recent = int(self.clock()), dict(self._recent)
        recent[now] = recent.get(now, 0) + 1
        self._recent = tuple((second, count) for second, count in recent.items() if second > now - _WINDOW)

    def leave(self, request: int, *, accepted: bool) -> None:
        """Count a settled candidate of `request`."""
        self.requests = request + 1
        self.accepted += accepted

    def reject(self, rejection: Rejection) -> None:
        """Count a dropped candidate."""
        self.rejected = self.rejected + Counter({(rejection.stage, rejection.rule): 1})

    def finish(self, task: Task, *, new: bool = True) -> None:
        """Count a finished task, `new` if this start called a model for it."""
        self.answer(new=new)
        self.classification += task.is_classification
        self.instances += len(task.instances)

    def answer(self, *, new: bool) -> None:
        """Count an item that is finished."""
        self.finished += 1
        self.new += new

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
        since = self.clock() - _WINDOW
        replies = sum(count for second, count in self._recent if second > since)
        return replies / max(1.0, min(_WINDOW, self.seconds))

    @property
    def left(self) -> float | None:
        """Seconds until all is there, at the pace of what this start made new; None where nothing tells."""
        if not self.new or not self._calling or self.ended:
            return None
        took = self.clock() - self._calling
        return max(0.0, took * (self.wanted - self.finished) / self.new)

    @property
    def seconds(self) -> float:
        """How long this start has taken."""
        return (self.ended or time.time()) - self.started

    def pauses(self) -> Pauses | None:
        """What calls wait for, and for how long; None where none does."""
        waiting, now = self.waiting, self.clock()
        if not waiting:
            return None
        found = list(waiting.values())
        until, gives_up = min(one.until for one in found), min(one.gives_up for one in found)
        return Pauses(len(found), found[-1].why, round(until - now), round(gives_up - now))

    def snapshot(self) -> dict[str, Any]:
        """The counts as JSON values."""
        total, left, pauses = self.total, self.left, self.pauses()
        return {
            "finished": self.finished,
            "wanted": self.wanted,
            "accepted": self.accepted,
            "candidates": self.candidates,
            "requests": self.requests,
            "rejected": {f"{stage}.{rule}": count for (stage, rule), count in sorted(self.rejected.items())},
            "in_flight": self.in_flight,
            "waiting": pauses._asdict() if pauses else None,
            "seconds_left": None if left is None else round(left),
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
            **({"nodes": [node._asdict() for node in nodes]} if (nodes := self.nodes()) else {}),
        }
