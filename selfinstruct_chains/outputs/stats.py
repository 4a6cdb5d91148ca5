"""The figures of a run: the paper's Table 1, and what was dropped, accepted and spent on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.config import ROLES
from selfinstruct_chains.models.prices import price
from selfinstruct_chains.run.usage import Usage, dollars, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from selfinstruct_chains.config import Role
    from selfinstruct_chains.run.reader import RunReader
    from selfinstruct_chains.tasks import Instance, Task

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
        """The table's eight figures and the means by the names of `PAPER`; a mean over nothing is None."""
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


PAPER: dict[str, float] = {
    "instructions": 52_445,
    "classification": 11_584,
    "other": 40_861,
    "instances": 82_439,
    "empty_input": 35_878,
    "mean_instruction_words": 15.9,
    "mean_input_words": 12.7,
    "mean_output_words": 18.9,
}
"""The paper's Table 1: what it made with GPT-3. Mean input words are of non-empty inputs."""


class Block(NamedTuple):
    """What some requests in a row came to."""

    first: int
    """The number of the first request, from 0."""
    last: int
    proposed: int
    """Instructions that their replies held."""
    accepted: int
    """Those that joined the pool."""

    @property
    def rate(self) -> float | None:
        """Accepted of proposed, 0 to 1; None when nothing was proposed."""
        return _mean(self.accepted, self.proposed)


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
        counts = Counter(label(instance) for instance in task.instances)
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


class Spent(NamedTuple):
    """What a role's calls have cost."""

    usage: Usage
    dollars: float | None
    """None when no price of the model is known."""


@dataclass
class Statistics:
    """The figures of one run."""

    table: TableOne = field(default_factory=TableOne)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Dropped candidates by (stage, rule)."""
    acceptance: tuple[Block, ...] = ()
    """Up to ten blocks of about as many requests each, up to the request of the last task."""
    spent: Mapping[Role, Spent] = field(default_factory=dict)
    """What each role's calls have cost over the whole folder, replies beyond the last task included."""
    labels: Labels = field(default_factory=Labels)

    def as_json(self) -> dict[str, Any]:
        """All figures as plain values."""
        return {
            "table_1": self.table.figures(),
            "paper_table_1": PAPER,
            "dropped": [{"stage": s, "rule": r, "count": count} for (s, r), count in self.dropped.most_common()],
            "acceptance": [block._asdict() | {"rate": block.rate} for block in self.acceptance],
            "spent": {role: vars(usage) | {"dollars": cost} for role, (usage, cost) in self.spent.items()},
            "labels": self.labels.figures(),
        }


def statistics(run: RunReader) -> Statistics:
    """The figures of a run, read in one pass over each of its files; a run without tasks has zeros.

    Raises:
        RunError: a line is damaged.
    """
    found = Statistics(spent=spent_by_role(run))
    proposed: Counter[int] = Counter()
    accepted: Counter[int] = Counter()
    for task in run.tasks():
        found.table.add(task, task.instances)
        found.labels.add(task)
        if task.provenance:
            accepted[task.provenance.request] += 1
    for rejection in run.rejections():
        found.dropped[rejection.stage, rejection.rule] += 1
        if rejection.stage == "task":  # its instruction had been accepted
            accepted[rejection.request] += 1
        proposed[rejection.request] += rejection.stage == "instruction"
    found.acceptance = tuple(
        _blocks(proposed + accepted, accepted, requests=max([*proposed, *accepted], default=-1) + 1)
    )
    return found


def spent_by_role(run: RunReader) -> dict[Role, Spent]:
    """What each role's calls have cost, over the whole folder; roles that made no call are left out.

    Raises:
        RunError: a line of the journal is damaged.
    """
    spent: dict[tuple[Role, str], Usage] = {}
    for entry in run.entries():
        entry.spend(spent)
    found = {}
    for role in ROLES:
        own = {key: usage for key, usage in spent.items() if key[0] == role}
        if own:
            found[role] = Spent(total(own), dollars(own, {role: price(run.config.model_for(role))}))
    return found


def label(instance: Instance) -> str:
    """What two instances of the same class have in common."""
    return " ".join(instance.output.split()).casefold()


def _blocks(proposed: Counter[int], accepted: Counter[int], requests: int) -> Iterator[Block]:
    size = -(-requests // _BLOCKS) or 1
    for first in range(0, requests, size):
        block = range(first, min(first + size, requests))
        yield Block(first, block[-1], sum(proposed[i] for i in block), sum(accepted[i] for i in block))


def _mean(total: float, count: int) -> float | None:
    return total / count if count else None
