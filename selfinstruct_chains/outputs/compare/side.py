"""A run as it is compared: read once, as it stands when it is read, so that all its figures are of the same tasks."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.config import whole_language
from selfinstruct_chains.errors import ConfigError
from selfinstruct_chains.outputs.report.facts import Facts
from selfinstruct_chains.outputs.review.verdicts import Reviews, drawn
from selfinstruct_chains.outputs.stats import Statistics
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.telling import telling

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.outputs.review.verdicts import By, Verdict
    from selfinstruct_chains.run.origin import Origin
    from selfinstruct_chains.run.telling import Told
    from selfinstruct_chains.tasks import Task

MOST = len(ascii_uppercase)
"""Runs that can be compared at once: each has a letter."""
ENGLISH = "en"
"""What was in force in runs of versions that knew no other language, and named none."""
REVIEWERS: Mapping[By, str] = {"person": "people", "judge": "a model"}
"""Whose verdicts are compared, and what they are called."""


class Said(NamedTuple):
    """A finished task's instruction."""

    id: str
    text: str


@dataclass(frozen=True)
class Side:
    """One of the runs."""

    letter: str
    """What it is called where there is little room: A, B, ..."""
    path: Path
    """As it was named."""
    config: ChainConfig
    origin: Origin
    unfinished: str
    """Why more tasks may be to come, in words; "" when nothing says so."""
    facts: Facts
    instructions: Sequence[Said]
    """Of all finished tasks."""
    sample: Sequence[Task]
    """Some of them drawn at random, in random order; or all."""
    classified: Mapping[int, tuple[int, int]]
    """By request: classification tasks, and tasks."""
    dropped: Mapping[str, Counter[int]]
    """By rule, and request: instructions that were dropped."""
    verdicts: Mapping[By, Sequence[Verdict]]
    """About its tasks, by those who gave some."""

    @property
    def name(self) -> str:
        """That of its folder."""
        return self.path.resolve().name

    @property
    def finished(self) -> int:
        """Finished tasks."""
        return self.facts.finished

    @property
    def has_calls(self) -> bool:
        """Whether its journal tells of any; of a run that was made of another one it does not."""
        return bool(self.facts.stats.calls)

    @property
    def languages(self) -> frozenset[str]:
        """The BCP 47 languages that were asked for; "und" where nobody knows."""
        asked = self.config.language or ENGLISH
        return frozenset(map(whole_language, asked if isinstance(asked, dict) else [asked]))


def sides(paths: Sequence[Path], sample: int, on_progress: Told) -> list[Side]:
    """The runs in these folders, in this order; `sample` tasks of each are drawn.

    Raises:
        ConfigError: there are fewer than two, or more than `MOST`.
        RunError: there is no such run, or it is damaged.
    """
    if len(paths) < 2:  # noqa: PLR2004
        raise ConfigError("one run alone can't be compared: name another one, or the same again")
    if len(paths) > MOST:
        raise ConfigError(f"{len(paths)} runs are too many to stand side by side: {MOST} at most")
    runs = [RunReader(path) for path in paths]
    for run in runs:
        _ = run.config  # what another version wrote is told before the long part
    return [_read(letter, run, sample, on_progress) for letter, run in zip(ascii_uppercase, runs, strict=False)]


def is_same_folder(one: Side, other: Side) -> bool:
    """Whether two of them are one folder, whatever they are called."""
    return os.path.realpath(one.path) == os.path.realpath(other.path)


def _read(letter: str, run: RunReader, sample: int, on_progress: Told) -> Side:
    """All of it, each file once: the tasks first, so that in a run that grows nothing is counted of later ones."""
    unfinished, config = run.unfinished(), run.config
    facts = Facts(Statistics.of(config), config.instructions.ask, seeds=sum(1 for _ in run.seeds()))
    instructions: list[Said] = []
    classified: dict[int, tuple[int, int]] = {}
    tasks = telling(_noted(run.tasks(), facts, instructions, classified), on_progress, f"reading {letter}", None)
    some = drawn(tasks, sample, f"{config.run.seed}:compare")
    dropped = _rejections(run, facts)
    for entry in run.entries():
        entry.spend(facts.stats.calls)
    verdicts = _verdicts(run.path, {said.id for said in instructions})
    return Side(
        letter, run.path, config, run.origin, unfinished, facts, instructions, some, classified, dropped, verdicts
    )


def _noted(
    tasks: Iterable[Task], facts: Facts, instructions: list[Said], classified: dict[int, tuple[int, int]]
) -> Iterator[Task]:
    """The same tasks, each counted when it comes by."""
    for task in tasks:
        facts.finish(task)
        instructions.append(Said(task.id, task.instruction))
        request = task.provenance.request if task.provenance else -1
        yes, of = classified.get(request, (0, 0))
        classified[request] = (yes + task.is_classification, of + 1)
        yield task


def _rejections(run: RunReader, facts: Facts) -> dict[str, Counter[int]]:
    """Count the dropped candidates; the instructions among them by rule and request."""
    dropped: dict[str, Counter[int]] = {}
    for rejection in run.rejections():
        facts.stats.reject(rejection)
        if rejection.stage == "instruction":
            dropped.setdefault(rejection.rule, Counter())[rejection.request] += 1
    return dropped


def _verdicts(folder: Path, known: set[str]) -> dict[By, Sequence[Verdict]]:
    """Those about tasks that are there; others are of a run that this one was, or was made of."""
    reviews = Reviews(folder)
    found = {who: [one for one in reviews.by(who).values() if one.id in known] for who in REVIEWERS}
    return {who: given for who, given in found.items() if given}
