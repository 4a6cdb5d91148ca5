"""A run's instances written anew by another model, for the same instructions: the paper's section 4.5.

Nothing of the run is changed. Replies are kept in the new folder, in `calls` (and `ratings`, where the best of several
samples is taken), so that the same call again goes on; the new run is there when all have come. The filters
for instances of the old run's chain decide what stays: what they drop is a rejection, and so is a task without an
instance left. Filters that were functions of the old run's program are named in a note; they are not applied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.files.writing import write_atomically
from selfinstruct_chains.method.filters import keep_instances
from selfinstruct_chains.run import manifest
from selfinstruct_chains.run.anew import Writer, places
from selfinstruct_chains.run.asking import Unanswered, asking, shaping
from selfinstruct_chains.run.derived import write_derived
from selfinstruct_chains.run.judges import Judge, task_json
from selfinstruct_chains.run.language import lexicon_of
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.run.several import Several
from selfinstruct_chains.tasks import RATINGS, Instance, Rejection, instance_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from langchain_core.runnables import Runnable

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.run.anew import Place, Written
    from selfinstruct_chains.run.budget import Budgets
    from selfinstruct_chains.tasks import Task

CALLS = "calls"
"""Where the replies are kept, in the new folder."""
RATED = "ratings"
"""Where the judge's are."""


class How(NamedTuple):
    """How instances are written anew."""

    chain: ChainConfig
    """Its input-first model writes."""
    inputs: bool = False
    """Whether inputs are written anew too, and so the number of a task's instances."""
    best_of: int = 1
    """Samples that the best is taken of, by a judge's rating; of equal ones the first."""
    judge: ChainConfig | None = None
    """Whose classification model rates; `chain` itself when None."""
    model: Runnable[Any, Any] | None = None
    """A LangChain model to use instead of the chain's."""
    judge_model: Runnable[Any, Any] | None = None


class Change(NamedTuple):
    """A task's instances before, and after."""

    before: Task
    after: tuple[Instance, ...]

    @property
    def is_changed(self) -> bool:
        """Whether any of them is another."""
        return self.after != self.before.instances


class Regenerated(NamedTuple):
    """What came of it."""

    tasks: list[Task]
    rejected: list[Rejection]
    """Only what was dropped now."""
    changes: list[Change]
    """For each task that is left, in order."""


class Regeneration:
    """A run's instances to be written anew into a folder.

    Args:
        run: the run folder; it is only read.
        output: a folder that is not there yet, or this regeneration's own.
        how: by whom, and what.

    Raises:
        RunError: `run` is no run, damaged, or has no tasks; `output` is somebody else's.
        ConfigError: a model can't be built.
    """

    def __init__(self, run: Path, output: Path, how: How) -> None:
        self._before, self._output, self._how = RunReader(run), output, how
        self._tasks, self._seeds = list(self._before.tasks()), list(self._before.seeds())
        if not self._tasks:
            raise RunError(f"{run}: no finished tasks yet, so there is nothing to write anew")
        if not self._seeds:
            raise RunError(f"{run / 'seeds.jsonl'}: missing or empty; restore it from a copy")
        _refuse_strangers(run, output)
        self._config = self._before.config
        chain = how.chain.told().model_copy(update={"language": self._config.language})
        self._writer = Writer(chain, self._seeds, inputs=how.inputs, samples=how.best_of, model=how.model)
        self._judge = Judge(how.judge or how.chain, how.judge_model) if how.best_of > 1 else None
        self._places = list(places(self._tasks, inputs=how.inputs))
        self.monitor = Several(len(self._places) * how.best_of * (2 if self._judge else 1))
        """Counts, for a display; `stop` and `interrupt` end it."""
        self.monitor.notes += [*_own_filters(self._before), *self._writer.notes]

    async def run(self, budgets: Budgets | None = None) -> Regenerated:
        """Ask for what is not there yet, and write the new run when all is.

        Raises:
            RunStopped: a budget is used up, or it was interrupted; the same again goes on.
            ProviderError: the provider refuses all calls, or does not answer.
            RunError: the folder has another regeneration's replies, is damaged or full, or another process uses it.
            ConfigError: a model can't be built, or has no price where dollars are limited.
        """
        written = await self._written(budgets)
        if self._judge:
            best = await self._best(self._judge, written, budgets)
        else:
            best = {id_: found[0] for id_, found in written.items()}
        result = self._sorted(best)
        self._write(result)
        return result

    async def _written(self, budgets: Budgets | None) -> dict[str, list[Written | Unanswered]]:
        """The samples for each place."""
        asked = self._writer.asked(self._before.origin.fingerprint)
        by_place = {place.id: self._writer.questions(place) for place in self._places}
        questions = [one for several in by_place.values() for one in several]
        folder = self._output / CALLS
        async with asking(asked, folder, self.monitor, questions=len(questions), budgets=budgets) as asker:
            found = await asker.all(questions)
        return {id_: [found[one.id] for one in several] for id_, several in by_place.items()}

    async def _best(
        self, judge: Judge, written: Mapping[str, Sequence[Written | Unanswered]], budgets: Budgets | None
    ) -> dict[str, Written | Unanswered]:
        """The sample that is rated best at each place; what is not rated comes last."""
        ids = {
            (place.id, number): [
                judge.rating(place.task.id, task_json(place.task.instruction, one.input), one.output) for one in sample
            ]
            for place in self._places
            for number, sample in enumerate(written[place.id])
            if not isinstance(sample, Unanswered)
        }
        questions = {one.id: one for several in ids.values() for one in several}
        folder = self._output / RATED
        async with asking(judge.asked, folder, self.monitor, questions=len(questions), budgets=budgets) as asker:
            said = await asker.all(questions.values())

        best = {}
        for place, samples in written.items():
            scores = [_score([said[one.id] for one in ids.get((place, number), ())]) for number in range(len(samples))]
            best[place] = samples[scores.index(min(scores))]
        return best

    def _sorted(self, best: Mapping[str, Written | Unanswered]) -> Regenerated:
        found = Regenerated([], [], [])
        by_task: dict[str, list[Place]] = {}
        for place in self._places:
            by_task.setdefault(place.task.id, []).append(place)
        for task in self._tasks:
            kept = self._kept(task, [(place, best[place.id]) for place in by_task[task.id]], found.rejected)
            if kept:
                found.changes.append(Change(task, kept))
                found.tasks.append(task.model_copy(update={"instances": kept}))
        return found

    def _kept(
        self, task: Task, given: Sequence[tuple[Place, Written | Unanswered]], rejected: list[Rejection]
    ) -> tuple[Instance, ...]:
        """The task's new instances that stay; what is dropped, and a task that has none left, is `rejected`."""
        instances: list[Instance] = []
        for place, one in given:
            if isinstance(one, Unanswered):
                lost = place.instance or Instance(output="")
                rejected.append(_dropped(task, one.reason, "instance", instance_json(lost)))
            else:
                instances += one
        kept, dropped = keep_instances(
            instances,
            self._config.filters,
            is_classification=task.is_classification,
            max_instances=self._config.instances.max_instances,
            instruction=task.instruction,
            lexicon=lexicon_of(self._config),
        )
        rejected += [_dropped(task, one.rule, "instance", instance_json(one.instance)) for one in dropped]
        if not kept:
            rejected.append(_dropped(task, "no_instance", "task", task.instruction))
        return tuple(kept)

    def _write(self, found: Regenerated) -> None:
        """The new run: its manifest comes last, so that half of it is none."""
        whole = manifest.regenerated(manifest.read_manifest(self._before.path), self._told(), self._shaping())
        rejections = [*self._before.rejections(), *found.rejected]
        try:
            write_atomically(self._output / "seeds.jsonl", manifest.seed_lines(self._seeds).decode())
            write_derived(self._output / "tasks.jsonl", found.tasks)
            write_derived(self._output / "rejected.jsonl", rejections)
            manifest.write(self._output, whole)
        except OSError as error:
            raise RunError(f"{error.filename or self._output}: can't be written: {error.strerror or error}") from None

    def _told(self) -> dict[str, Any]:
        """What the manifest says of it."""
        told: dict[str, Any] = {"wrote": "inputs and outputs" if self._how.inputs else "outputs"}
        told["model"], told["before"] = self._writer.name, self._before.origin.made
        if self._judge:
            told |= {"best_of": self._how.best_of, "judge": self._judge.name}
        return told

    def _shaping(self) -> dict[str, Any]:
        asked = {CALLS: self._writer.asked(self._before.origin.fingerprint)}
        if self._judge:
            asked[RATED] = self._judge.asked
        return {f"{name}.{key}": value for name, one in asked.items() for key, value in shaping(one).items()}


def _score(ratings: Sequence[str | Unanswered]) -> float:
    """The mean place of ratings, from 0 for A: beyond the last for one that is missing, and for no sample at all."""
    worst = len(RATINGS)
    found = [worst if isinstance(rating, Unanswered) else "".join(RATINGS).index(rating) for rating in ratings]
    return sum(found) / len(found) if found else worst + 1


def _own_filters(before: RunReader) -> list[str]:
    """What to say of a run's filters that are functions in its program: they can't be called here."""
    names: Any = before.origin.shaping.get("own_filters", [])
    if not names:
        return []
    return [
        f"{before.path}: its own {', '.join(names)} are not in the folder, so they don't filter what is written anew"
    ]


def _dropped(task: Task, rule: str, stage: str, text: str) -> Rejection:
    request = task.provenance.request if task.provenance else 0
    return Rejection(id=task.id, rule=rule, stage=stage, text=text, request=request)


def _refuse_strangers(run: Path, output: Path) -> None:
    """Refuse a folder that something else has begun."""
    try:
        if output.absolute() == run.absolute() or (output.exists() and output.samefile(run)):
            raise RunError(f"{output}: the run itself, which is not changed; give another folder: -o")
        names = {entry.name for entry in output.iterdir()} if output.exists() else set()
    except NotADirectoryError:
        raise RunError(f"{output}: a file; give a folder that is not there yet: -o") from None
    except OSError as error:
        raise RunError(f"{output}: can't be used: {error.strerror or error}; choose another folder: -o") from None
    if names and CALLS not in names:
        raise RunError(f"{output}: it is there already, and not by regenerate; choose another folder: -o")
