"""Which tasks and instances an export takes, and into which split each goes: the first pass over a run.

What is taken is remembered by its place in the run's files, 8 bytes for each instance, so that the second pass can read
it in any order and a run of any size fits.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.outputs.export.evaluation import evaluation_files
from selfinstruct_chains.outputs.export.formats import Example
from selfinstruct_chains.outputs.export.guard import Contamination, Guard
from selfinstruct_chains.outputs.export.splits import SPLITS, Shares, Split
from selfinstruct_chains.outputs.export.token_limit import token_counter
from selfinstruct_chains.outputs.review.corrections import Corrections, corrected
from selfinstruct_chains.outputs.review.verdicts import Reviews
from selfinstruct_chains.outputs.stats import TableOne
from selfinstruct_chains.run.telling import untold
from selfinstruct_chains.tasks import label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selfinstruct_chains.run.reader import RunReader
    from selfinstruct_chains.run.telling import Told
    from selfinstruct_chains.tasks import Instance, Task

_NUMBER_BITS = 20  # of a place that tell the instance


class Choice(NamedTuple):
    """What to take of a run."""

    seeds: bool = False
    """The seed tasks too, before the others."""
    max_instances: int | None = None
    """At most so many instances of each task: the first ones, or with `balance_labels` as many of each label."""
    balance_labels: bool = False
    """Of a classification task, as many instances of each label as its rarest has."""
    max_tokens: int | None = None
    """Leave out instances whose instruction, input and output together have more tokens."""
    tokenizer: Path | None = None
    """What counts them: see `token_limit`."""
    exclude: tuple[Path, ...] = ()
    """Evaluation files, and folders of them; tasks that stand in them are left out: see `guard`."""
    only_approved: bool = False
    """Only tasks whose review says yes to all three questions."""
    drop_rejected: bool = False
    """No tasks whose review says no to any question. A person's verdict goes before a judge's."""
    original: bool = False
    """The text as the model wrote it, also where people have corrected it."""
    shares: Shares = Shares()
    shuffle: bool = False
    """Instances in random order; otherwise in the run's."""
    seed: int = 42
    """For splits, shuffling and templates."""

    def check(self) -> None:
        """Refuse what can't be meant.

        Raises:
            ConfigError: which option, and why.
        """
        self.shares.check()
        if self.max_instances is not None and self.max_instances < 1:
            raise ConfigError(f"at most {self.max_instances} instances of each task: use 1 or more")
        if self.tokenizer and self.max_tokens is None:
            raise ConfigError("a tokenizer without a limit: give --max-tokens too")


@dataclass
class Selection:
    """What an export takes."""

    places: dict[Split, array[int]] = field(default_factory=lambda: {split: array("Q") for split in SPLITS})
    """Of each split's instances, in the order in which they are written."""
    table: TableOne = field(default_factory=TableOne)
    """Table 1 of what is taken."""
    split_tasks: Counter[Split] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    """Tasks and instances that were not taken, by reason."""
    contaminated: list[Contamination] = field(default_factory=list)
    seed_tasks: int = 0
    models: Counter[str] = field(default_factory=Counter)
    """Tasks by the model that wrote their instruction, as its provider reported it."""
    corrections: Corrections | None = None
    """People's, whose text is taken; None: the model's is."""
    corrected: int = 0
    """Tasks whose corrected text is taken."""
    outdated: int = 0
    """Corrections of what is no longer in the run."""
    judged: int = 0
    """Tasks about which a judge's verdict decides, since no person has given one."""

    def text(self, task: Task) -> Task:
        """The task with the text that is taken of it."""
        return corrected(task, self.corrections) if self.corrections else task

    def add(self, task: Task, split: Split, numbers: list[int], offset: int, *, seeds: bool) -> None:
        """Take these instances of a task."""
        self.places[split].extend((offset << 1 | seeds) << _NUMBER_BITS | number for number in numbers)
        self.table.add(task, [task.instances[number] for number in numbers])
        self.split_tasks[split] += 1
        self.seed_tasks += seeds
        if task.provenance and task.provenance.model:
            self.models[task.provenance.model] += 1


def select(run: RunReader, choice: Choice, refuses: Callable[[Example], str], on_progress: Told = untold) -> Selection:
    """What `choice` takes of a run and `refuses`, a format's, lets through; `on_progress` hears how far that is.

    Raises:
        ConfigError: the choice makes no sense.
        DataError: an evaluation file can't be read.
        RunError: the run or its review can't be read.
    """
    choice.check()
    selection = Selection(corrections=None if choice.original else Corrections(run.path))
    selection.outdated = len(selection.corrections.all()) if selection.corrections else 0
    guard = Guard(evaluation_files(choice.exclude)) if choice.exclude else None
    unwanted, keep = _verdicts(run, choice, selection), _Keep(choice, refuses, selection.left_out)
    for seeds in (True, False) if choice.seeds else (False,):
        for offset, written in run.placed(seeds=seeds):
            on_progress("reading, KiB", offset // 1024, run.size(seeds=seeds) // 1024)
            task = written if seeds else selection.text(written)
            selection.outdated -= task is not written
            if reason := "" if seeds else unwanted(task, corrected=task is not written):
                selection.left_out[reason] += 1
            elif guard and (found := guard.find(task)):
                selection.contaminated.append(found)
            elif numbers := keep(task):
                selection.add(task, choice.shares.split(task.instruction, choice.seed), numbers, offset, seeds=seeds)
                selection.corrected += task is not written
            else:
                selection.left_out["tasks without an instance left"] += 1
    if choice.shuffle:
        for split, places in selection.places.items():
            Random(f"{choice.seed}:{split}").shuffle(places)
    return selection


def examples(run: RunReader, selection: Selection, split: Split) -> Iterator[Example]:
    """The instances of a split, in their order."""
    places = selection.places[split]
    with run.open_tasks(seeds=False) as tasks, run.open_tasks(seeds=True) as seeds:
        last = -1
        for place in places:
            if place >> _NUMBER_BITS != last:
                last = place >> _NUMBER_BITS
                task = seeds.at(last >> 1) if last & 1 else selection.text(tasks.at(last >> 1))
            yield Example(task, place & ((1 << _NUMBER_BITS) - 1))


def balanced(instances: list[tuple[int, Instance]], limit: int | None) -> list[int]:
    """The numbers of instances such that every label has as many: the first of each, at most `limit` in all.

    With more labels than `limit`, the first `limit` labels have one each.
    """
    by_label: dict[str, list[int]] = defaultdict(list)
    for number, instance in instances:
        by_label[label(instance.output)].append(number)
    each = min(map(len, by_label.values()), default=0)
    if limit is not None:
        each = min(each, max(limit // max(len(by_label), 1), 1))
    groups = list(by_label.values())[:limit]
    return sorted(number for group in groups for number in group[:each])


class _Keep:
    """Says which instances of a task are taken, and counts the others."""

    def __init__(self, choice: Choice, refuses: Callable[[Example], str], left_out: Counter[str]) -> None:
        self._choice, self._refuses, self._left_out = choice, refuses, left_out
        self._tokens = token_counter(choice.tokenizer)

    def __call__(self, task: Task) -> list[int]:
        limit, fit = self._choice.max_instances, []
        for number, instance in enumerate(task.instances):
            if reason := self._refuses(Example(task, number)) or self._too_long(task, instance):
                self._left_out[f"instances: {reason}"] += 1
            else:
                fit.append((number, instance))
        numbers = [number for number, _ in fit][:limit]
        if self._choice.balance_labels and task.is_classification:
            numbers = balanced(fit, limit)
        self._left_out["instances: beyond the limit or the label balance"] += len(fit) - len(numbers)
        return numbers

    def _too_long(self, task: Task, instance: Instance) -> str:
        if self._choice.max_tokens is None:
            return ""
        text = "\n\n".join(part for part in (task.instruction, instance.input, instance.output) if part)
        return "too many tokens" if self._tokens(text) > self._choice.max_tokens else ""


def _verdicts(run: RunReader, choice: Choice, selection: Selection) -> Callable[..., str]:
    """The function that says why a task is unwanted, by its review; "" if it is wanted. It counts a judge's part.

    A verdict is about the model's text: a task that a person has `corrected` is wanted, whatever was said of it before.
    """
    if not (choice.only_approved or choice.drop_rejected):
        return lambda _, **__: ""
    reviews = Reviews(run.path)
    people, judge = reviews.by("person"), reviews.by("judge")
    if not (people or judge):
        raise ConfigError(f"{run.path}: nothing was reviewed; begin with `selfinstruct review {run.path}`")

    def unwanted(task: Task, *, corrected: bool) -> str:
        verdict = people.get(task.id) or judge.get(task.id)
        if corrected:
            return ""
        if verdict is None:
            return "tasks not reviewed" if choice.only_approved else ""
        selection.judged += task.id not in people
        if verdict.rejected:
            return "tasks rejected in the review"
        return "" if verdict.approved or not choice.only_approved else "tasks that reviewers are unsure of"

    return unwanted
