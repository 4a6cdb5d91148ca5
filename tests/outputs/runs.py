"""Run folders for tests of what is made of a run, written by the run folder's own writer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from selfinstruct_chains import Instance, Task, load_config
from selfinstruct_chains.outputs.export.export import export
from selfinstruct_chains.outputs.export.formats import FORMATS
from selfinstruct_chains.run.folder import Folder
from selfinstruct_chains.run.reader import RunReader
from selfinstruct_chains.tasks import Provenance, candidate_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from selfinstruct_chains import ChainConfig, Rejection
    from selfinstruct_chains.run.journal import Entry

SEED = Task(
    id="seed-001", instruction="Name a river.", instances=(Instance(output="The Elbe."),), is_classification=False
)
CONFIG = load_config("openai")


def run_folder(  # noqa: PLR0913, PLR0917 - all that stands in one
    path: Path,
    tasks: Iterable[Task],
    rejections: Iterable[Rejection] = (),
    entries: Iterable[Entry] = (),
    seeds: Iterable[Task] = (SEED,),
    config: ChainConfig = CONFIG,
) -> RunReader:
    """A run of these tasks in the folder `path`."""
    folder = Folder(path, config, list(seeds))
    for task in tasks:
        folder.task(task)
    for rejection in rejections:
        folder.reject(rejection)
    for entry in entries:
        folder.journal.write(entry)
    folder.close()
    return RunReader(path)


def task(number: int, instruction: str, *instances: tuple[str, str], labels: bool = False) -> Task:
    """The generated task at `number`, ten to a request; without instances it has one with output "yes"."""
    request, position = divmod(number, 10)
    return Task(
        id=candidate_id(request, position),
        instruction=instruction,
        instances=tuple(Instance(input=input_, output=output) for input_, output in instances or [("", "yes")]),
        is_classification=labels,
        provenance=Provenance(request=request, examples=("seed-001",), model="m", calls=()),
    )


def written(run: RunReader, format_name: str, out: Path) -> Path:
    """The training file of an export."""
    export(run, format_name, out)
    return out / f"train{FORMATS[format_name].suffix}"


def rows(tasks: list[Task]) -> list[dict[str, Any]]:
    """What the table formats should hold."""
    return [
        {"id": one.id, "instance": number, "instruction": one.instruction, "input": instance.input}
        | {"output": instance.output, "is_classification": one.is_classification}
        for one in tasks
        for number, instance in enumerate(one.instances)
    ]


def pairs(tasks: list[Task]) -> list[tuple[str, str]]:
    """What user and assistant should say."""
    return [
        (f"{one.instruction}\n\n{instance.input}" if instance.input.strip() else one.instruction, instance.output)
        for one in tasks
        for instance in one.instances
    ]


def lines(path: Path) -> list[Any]:
    """The values on the lines of a file, by a reader that takes every line end Unicode knows for one."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
