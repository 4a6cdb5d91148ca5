"""What a model is trained on: the examples of a run folder, or of a file or folder that `export` wrote."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.items import read_items
from selfinstruct_chains.files.sources import json_rows
from selfinstruct_chains.outputs.export.splits import Shares
from selfinstruct_chains.run.manifest import NAME
from selfinstruct_chains.run.reader import RunReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from selfinstruct_chains.training.settings import TuneSettings

_SPLITS = {"train": (".json", ".jsonl"), "validation": (".json", ".jsonl")}


class Example(NamedTuple):
    """What is asked, and what is to be answered."""

    instruction: str
    input: str
    output: str
    ready: bool = False
    """Whether `instruction` is a whole prompt, and `output` its completion, both to be taken as they are."""


class Examples(NamedTuple):
    """All that a source has."""

    train: list[Example]
    validation: list[Example]
    """Set aside by the export, or by `TuneSettings.validation`."""
    source: str
    """What it is, in words."""
    fingerprint: str = ""
    """Of the run, if it is one."""
    unfinished: str = ""
    """Why more may be still to come; "" if nothing says so."""

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of all examples in their order."""
        text = json.dumps([self.train, self.validation], ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def read_examples(source: Path, settings: TuneSettings) -> Examples:
    """The examples of a run folder, of an export (a file, or a folder with a file for each split), or of a seed file.

    Read are runs, tasks as they stand in a run, alpaca, messages, openai, sharegpt and prompt-completion.

    Raises:
        DataError: there is nothing at `source`, it is of no known shape, or a row is wrong.
        RunError: the run is damaged, or of another version.
    """
    if (source / NAME).exists():
        return _of_run(RunReader(source), settings)
    if not source.is_dir():
        return _split(list(_rows(source)), settings, f"the file {source.name}")
    train, validation = (_file(source, split) for split in _SPLITS)
    if train is None:
        raise DataError(f"{source}: neither a run folder ({NAME}) nor an export (train.json or train.jsonl)")
    given = _split(list(_rows(train)), settings, f"the export {source.resolve().name}")
    return given._replace(validation=list(_rows(validation))) if validation else given


def _of_run(run: RunReader, settings: TuneSettings) -> Examples:
    tasks = [*(run.seeds() if settings.include_seeds else ()), *run.tasks()]
    examples = [Example(task.instruction, one.input, one.output) for task in tasks for one in task.instances]
    found = _split(examples, settings, f"the run {run.path.resolve().name}")
    return found._replace(fingerprint=run.origin.fingerprint, unfinished=run.unfinished())


def _split(examples: Sequence[Example], settings: TuneSettings, source: str) -> Examples:
    shares = Shares(validation=settings.validation)
    places: dict[str, list[Example]] = {"train": [], "validation": []}
    for one in examples:
        places[shares.split(one.instruction, settings.seed)].append(one)
    return Examples(places["train"], places["validation"], source)


def _file(folder: Path, split: str) -> Path | None:
    return next((path for suffix in _SPLITS[split] if (path := folder / f"{split}{suffix}").exists()), None)


def _rows(path: Path) -> Iterator[Example]:
    """Of a file whose first row tells its shape."""
    if path.suffix in {".csv", ".parquet"}:
        raise DataError(f"{path}: {path.suffix[1:]} is not read; export the run as messages or alpaca, or name the run")
    first = next(json_rows(path), None)
    if first and isinstance(first.value, dict) and first.value.keys() >= {"prompt", "completion"}:
        yield from (_prompt_completion(row.value, row.where) for row in json_rows(path))
        return
    for item in read_items(path):
        yield from (Example(item.instruction, item.input, answer) for answer in item.references)


def _prompt_completion(row: Any, where: str) -> Example:
    match row:
        case {"prompt": str(prompt), "completion": str(completion)}:
            return Example(prompt, "", completion, ready=True)
    raise DataError(f'{where}: {{"prompt": "...", "completion": "..."}} is expected, as in the first row')
