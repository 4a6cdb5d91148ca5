"""The figures of a run: the paper's Table 1, and what was dropped, accepted and spent on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.models.prices import price
from selfinstruct_chains.run.acceptance import Acceptance
from selfinstruct_chains.run.share import PAPER
from selfinstruct_chains.run.usage import Usage, dollars, total
from selfinstruct_chains.tasks import label

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from selfinstruct_chains.config import ChainConfig, Price, Purpose
    from selfinstruct_chains.run.acceptance import Window
    from selfinstruct_chains.run.reader import RunReader
    from selfinstruct_chains.tasks import Instance, Rejection, Task

_BLOCKS = 10  # of requests, in `acceptance`


@dataclass
class TableOne:
    """The paper's Table 1 of any tasks. Words are separated by spaces, as the paper's."""

    classification: int = 0
    """Instructions of classification tasks."""
    other: int = 0
    instances: int = 0
    empty_input: int = 0
    """Instances with an empty input."""
    instruction_words: int = 0
    """Of all instructions together; so are the next two."""
    input_words: int = 0
    output_words: int = 0

    def add(self, task: Task, instances: Iterable[Instance]) -> None:
        """Count a task with these of its instances."""
        self.classification += task.is_classification
        self.other += not task.is_classification
        self.instruction_words += len(task.instruction.split())
        for instance in instances:
            self.instances += 1
            self.empty_input += not instance.input.strip()
            self.input_words += len(instance.input.split())
            self.output_words += len(instance.output.split())

    @property
    def instructions(self) -> int:
        """Tasks."""
        return self.classification + self.other

    def figures(self) -> dict[str, float | None]:
        """The table's eight figures and the means by the names of `PAPER_TABLE_ONE`; a mean over nothing is None."""
        return {
            "instructions": self.instructions,
            "classification": self.classification,
            "other": self.other,
            "instances": self.instances,
            "empty_input": self.empty_input,
            "mean_instruction_words": _mean(self.instruction_words, self.instructions),
            "mean_input_words": _mean(self.input_words, self.instances - self.empty_input),
            "mean_output_words": _mean(self.output_words, self.instances),
        }


PAPER_TABLE_ONE: dict[str, float] = {
    "instructions": PAPER[1],
    "classification": PAPER[0],
    "other": 40_861,
    "instances": 82_439,
    "empty_input": 35_878,
    "mean_instruction_words": 15.9,
    "mean_input_words": 12.7,
    "mean_output_words": 18.9,
}
"""The paper's Table 1: what it made with GPT-3. Mean input words are of non-empty inputs."""


@dataclass
class Labels:
    """How evenly the labels of classification tasks are spread. A label is an output, case and blanks apart."""

    tasks: int = 0
    """Classification tasks with two instances or more; only of these can be said how even they are."""
    labels: int = 0
    """Different labels of each of those tasks, summed."""
    one_label: int = 0
    """Of those tasks, the ones whose instances all have the same label."""
    top_shares: float = 0.0
    """The share of the most common label in each of those tasks, summed."""

    def add(self, task: Task) -> None:
        """Count a task."""
        if not task.is_classification or len(task.instances) == 1:
            return
        counts = Counter(label(instance.output) for instance in task.instances)
        self.tasks += 1
        self.labels += len(counts)
        self.one_label += len(counts) == 1
        self.top_shares += max(counts.values()) / counts.total()

    def figures(self) -> dict[str, float | None]:
        """The counts, with the means over these tasks; a mean over nothing is None."""
        return {
            "tasks": self.tasks,
            "with_one_label": self.one_label,
            "mean_labels": _mean(self.labels, self.tasks),
            "mean_share_of_top_label": _mean(self.top_shares, self.tasks),
        }


class Cost(NamedTuple):
    """What a role's calls have cost."""

    usage: Usage
    dollars: float | None
    """None when no price of the model is known."""


@dataclass
class Statistics:
    """The figures of one run, counted from its tasks, rejections and journal."""

    prices: Mapping[Purpose, Price | None] = field(default_factory=dict)
    """Dollars for a million tokens; None where they are not known."""
    table: TableOne = field(default_factory=TableOne)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Dropped candidates by (stage, rule)."""
    acceptance: Acceptance = field(default_factory=Acceptance)
    calls: dict[tuple[Purpose, str], Usage] = field(default_factory=dict)
    """What the calls have cost, by role and model, over the whole folder: replies beyond the last task included."""
    labels: Labels = field(default_factory=Labels)
    topics: Counter[str] = field(default_factory=Counter)
    """Finished tasks by the topic of their request; empty for a chain without topics."""
    languages: Counter[str] = field(default_factory=Counter)
    """Finished tasks by the language that was asked for, a BCP 47 tag; empty for a chain with one."""

    @classmethod
    def of(cls, config: ChainConfig) -> Statistics:
        """Nothing counted yet, and what the chain's models cost."""
        return cls({role: price(config.model_for(role)) for role in ROLES})

    def finish(self, task: Task) -> None:
        """Count a finished task."""
        self.table.add(task, task.instances)
        self.labels.add(task)
        self.acceptance.finish(task)
        if task.provenance:
            self.topics.update(filter(None, [task.provenance.topic]))
            self.languages.update(filter(None, [task.provenance.language]))

    def reject(self, rejection: Rejection) -> None:
        """Count a dropped candidate."""
        self.dropped[rejection.stage, rejection.rule] += 1
        self.acceptance.reject(rejection)

    @property
    def blocks(self) -> tuple[Window, ...]:
        """Acceptance in up to ten blocks of about as many requests each, up to the request of the last task."""
        return self.acceptance.windows(_BLOCKS)

    @property
    def spent(self) -> dict[Purpose, Cost]:
        """What each role's calls have cost; roles that made no call are left out."""
        found: dict[Purpose, Cost] = {}
        for role in ROLES:
            if own := {key: usage for key, usage in self.calls.items() if key[0] == role}:
                found[role] = Cost(total(own), dollars(own, self.prices))
        return found

    def as_json(self) -> dict[str, Any]:
        """All figures as plain values."""
        return {
            "table_1": self.table.figures(),
            "paper_table_1": PAPER_TABLE_ONE,
            "dropped": [{"stage": s, "rule": r, "count": count} for (s, r), count in self.dropped.most_common()],
            "acceptance": [block._asdict() | {"rate": block.rate} for block in self.blocks],
            "spent": {role: vars(usage) | {"dollars": cost} for role, (usage, cost) in self.spent.items()},
            "labels": self.labels.figures(),
            "topics": dict(self.topics.most_common()),
            "languages": dict(self.languages.most_common()),
        }


def statistics(run: RunReader) -> Statistics:
    """The figures of a run, read in one pass over each of its files; a run without tasks has zeros.

    Raises:
        RunError: a line is damaged.
    """
    found = Statistics.of(run.config)
    for task in run.tasks():
        found.finish(task)
    for rejection in run.rejections():
        found.reject(rejection)
    for entry in run.entries():
        entry.spend(found.calls)
    return found


def _mean(total: float, count: int) -> float | None:
    return total / count if count else None
