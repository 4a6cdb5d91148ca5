"""What a report counts beyond the statistics of a run: distributions, and how the pool grew."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from selfinstruct_chains.outputs.stats import Statistics
from selfinstruct_chains.run.share import far_off
from selfinstruct_chains.tasks import label

if TYPE_CHECKING:
    from selfinstruct_chains.run.reader import RunReader
    from selfinstruct_chains.tasks import Task

PARTS_OF_A_TASK = ("instruction", "input", "output")
"""What lengths are counted of; an empty input has none."""
_LABELS = 100  # the most common that are told as numbers


@dataclass
class Facts:
    """The counts of a run."""

    stats: Statistics
    asked_each: int
    """Instructions that a request asks for."""
    seeds: int
    words: dict[str, Counter[int]] = field(default_factory=lambda: {name: Counter() for name in PARTS_OF_A_TASK})
    """How many instructions, non-empty inputs and outputs have so many words."""
    labels: Counter[str] = field(default_factory=Counter)
    """Outputs of classification tasks, case and blanks apart."""
    share: str = ""
    """What there is to say of the share of classification tasks."""

    @property
    def finished(self) -> int:
        """Finished tasks."""
        return self.stats.table.instructions

    @property
    def funnel(self) -> dict[str, int]:
        """Instructions from what was asked for to what was finished."""
        acceptance = self.stats.acceptance
        return {
            "asked for": acceptance.requests * self.asked_each,
            "written": acceptance.proposed,
            "joined the pool": acceptance.accepted,
            "finished": self.finished,
        }

    def as_json(self) -> dict[str, Any]:
        """What `Statistics.as_json` has, and besides the funnel, how long the parts are, and the most common labels."""
        return self.stats.as_json() | {
            "funnel": self.funnel,
            "words": {part: spread(counts) for part, counts in self.words.items()},
            "most_common_labels": dict(self.labels.most_common(_LABELS)),
        }

    def dropped(self, *stages: str) -> dict[str, int]:
        """What was dropped in these stages, by rule, the most common first."""
        counts: Counter[str] = Counter()
        for (stage, rule), count in self.stats.dropped.items():
            if stage in stages:
                counts[rule] += count
        return dict(counts.most_common())

    def finish(self, task: Task) -> None:
        """Count a finished task."""
        self.stats.finish(task)
        self.words["instruction"][len(task.instruction.split())] += 1
        for instance in task.instances:
            if instance.input.strip():
                self.words["input"][len(instance.input.split())] += 1
            self.words["output"][len(instance.output.split())] += 1
        if task.is_classification:
            self.labels.update(label(instance.output) for instance in task.instances)


def spread(words: Counter[int]) -> dict[str, float | None]:
    """How many there are, and their mean, median, 99th percentile and largest; a mean over nothing is None."""
    total = words.total()
    return {
        "count": total,
        "mean": sum(length * count for length, count in words.items()) / total if total else None,
        "median": percentile(words, 0.5) if total else None,
        "percentile_99": percentile(words, 0.99) if total else None,
        "longest": max(words, default=None),
    }


def percentile(counts: Counter[int], share: float) -> int:
    """The least value that at least this share of all do not exceed; 0 when there are none."""
    wanted, seen = share * counts.total(), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= wanted:
            return value
    return 0


def gather(run: RunReader) -> Facts:
    """The counts of a run, read in one pass over each of its files, as they are now.

    Raises:
        RunError: a file is damaged.
    """
    facts = Facts(Statistics.of(run.config), run.config.instructions.ask, seeds=sum(1 for _ in run.seeds()))
    found = facts.stats.table
    for task in run.tasks():
        facts.finish(task)
    for rejection in run.rejections():
        facts.stats.reject(rejection)
    for entry in run.entries():
        entry.spend(facts.stats.calls)
    facts.share = far_off(run.config, run.seeds(), found.classification, found.instructions)
    return facts
