"""What a report counts beyond the statistics of a run: distributions, and how the pool grew."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.outputs.stats import Statistics, label, statistics

if TYPE_CHECKING:
    from selfinstruct_chains.config import Role
    from selfinstruct_chains.run.reader import RunReader
    from selfinstruct_chains.run.usage import Usage
    from selfinstruct_chains.tasks import Rejection, Task

FIELDS = ("instruction", "input", "output")
"""What lengths are counted of; an empty input has none."""


class Window(NamedTuple):
    """Some requests in a row."""

    first: int
    last: int
    candidates: int
    """Instructions that they gave."""
    accepted: int
    """Those that joined the pool."""
    pool: int
    """Its size after the last of them, the seeds included."""

    @property
    def rate(self) -> float:
        """Accepted of the candidates, 0 to 1; 0 when there were none."""
        return self.accepted / self.candidates if self.candidates else 0.0


@dataclass
class Facts:
    """The counts of a run."""

    stats: Statistics
    asked_each: int
    """Instructions that a request asks for."""
    seeds: int = 0
    requests: int = 0
    """Requests whose candidates are settled."""
    candidates: Counter[int] = field(default_factory=Counter)
    """Instructions that the replies gave, by request."""
    accepted: Counter[int] = field(default_factory=Counter)
    """Instructions that joined the pool, by request."""
    words: dict[str, Counter[int]] = field(default_factory=lambda: {name: Counter() for name in FIELDS})
    """How many instructions, non-empty inputs and outputs have so many words."""
    labels: Counter[str] = field(default_factory=Counter)
    """Outputs of classification tasks, case and blanks apart."""
    spent: dict[tuple[Role, str], Usage] = field(default_factory=dict)
    """What the calls have cost, by role and model, over the whole folder."""

    @property
    def finished(self) -> int:
        """Finished tasks."""
        return self.stats.table.instructions

    def dropped(self, *stages: str) -> dict[str, int]:
        """What was dropped in these stages, by rule, the most common first."""
        counts: Counter[str] = Counter()
        for (stage, rule), count in self.stats.dropped.items():
            if stage in stages:
                counts[rule] += count
        return dict(counts.most_common())

    def windows(self, most: int = 120) -> list[Window]:
        """The run over its requests, in at most so many steps."""
        width = max(1, -(-self.requests // most))
        pool = list(accumulate((self.accepted[request] for request in range(self.requests)), initial=self.seeds))
        starts = range(0, self.requests, width)
        return [
            Window(
                first,
                after - 1,
                sum(self.candidates[request] for request in range(first, after)),
                pool[after] - pool[first],
                pool[after],
            )
            for first, after in ((first, min(first + width, self.requests)) for first in starts)
        ]

    def finish(self, task: Task) -> None:
        """Count a finished task."""
        self.words["instruction"][len(task.instruction.split())] += 1
        for instance in task.instances:
            if instance.input.strip():
                self.words["input"][len(instance.input.split())] += 1
            self.words["output"][len(instance.output.split())] += 1
        if task.is_classification:
            self.labels.update(map(label, task.instances))
        if task.provenance:
            self._settled(task.provenance.request, accepted=True)

    def reject(self, rejection: Rejection) -> None:
        """Count a dropped candidate."""
        if rejection.stage in {"instruction", "task"}:
            self._settled(rejection.request, accepted=rejection.stage == "task")
        else:
            self.requests = max(self.requests, rejection.request + 1)

    def _settled(self, request: int, *, accepted: bool) -> None:
        self.requests = max(self.requests, request + 1)
        self.candidates[request] += 1
        self.accepted[request] += accepted


def gather(run: RunReader) -> Facts:
    """The counts of a run, from its files as they are now.

    Raises:
        RunError: a file is damaged.
    """
    facts = Facts(statistics(run), run.config.instructions.ask, seeds=sum(1 for _ in run.seeds()))
    for task in run.tasks():
        facts.finish(task)
    for rejection in run.rejections():
        facts.reject(rejection)
    for entry in run.entries():
        entry.spend(facts.spent)
    return facts
