"""Seed tasks, read from a file of any format and shape."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files import shipped
from selfinstruct_chains.files.complaints import complain, shown
from selfinstruct_chains.files.shapes import EXPECTED, Unfit, read_row
from selfinstruct_chains.files.sources import read_rows
from selfinstruct_chains.tasks import Flag, Instance, String, Task, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from importlib.resources.abc import Traversable

    from selfinstruct_chains.config import ChainConfig
    from selfinstruct_chains.files.shapes import Read

_TEMPLATE = 20  # shipped tasks to begin with
_GENERATED_ID = re.compile(r"\d{6,}-\d{2,}")
_HINTS = {
    "instruction": "the task in words is expected",
    "instances": 'a list like [{"input": "...", "output": "..."}] is expected, input may be ""',
    "is_classification": "true or false is expected",
}
"""What to say of a field that is missing or empty."""


class Draft(BaseModel, frozen=True):
    """A seed task of which the kind or the instances may be missing still."""

    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)

    id: Text
    name: String | None = None
    category: String | None = None
    instruction: Text
    is_classification: Flag | None = None
    instances: tuple[Instance, ...] = ()

    @property
    def lacks(self) -> list[str]:
        """The fields that a seed task needs and this one has not."""
        missing = {"is_classification": self.is_classification is None, "instances": not self.instances}
        return [name for name, is_missing in missing.items() if is_missing]

    def task(self) -> Task:
        """The seed task, where nothing is missing."""
        return Task.model_validate(self.model_dump())

    def line(self) -> str:
        """One JSON line in our form, without what is missing."""
        values = {name: value for name, value in self.model_dump().items() if name not in self.lacks}
        return json.dumps({name: value for name, value in values.items() if value is not None}, ensure_ascii=False)


class Drafts(NamedTuple):
    """What a file holds, and how it was read."""

    tasks: list[Draft]
    shapes: Counter[str]
    """How many rows were read as what; those that were left out are not among them."""
    left_out: list[Unfit]
    notes: list[str]
    where: dict[str, str]
    """By id, the place of a task's first row."""


def read_drafts(path: str | Path | Traversable, *, lenient: bool = False) -> Drafts:
    """What a file says of seed tasks, in its order. Rows with the same instruction are one task with their instances.

    Rows of our own form stay tasks of their own. A missing `id` becomes `seed-` and the row's number.

    Args:
        path: as `read_seeds`.
        lenient: leave out rows that are no single question, such as longer conversations.

    Raises:
        DataError: naming file, row and column.
        ConfigError: the package that reads such a file is not installed.
    """
    path = Path(path) if isinstance(path, str) else path
    found = Drafts([], Counter(), [], [], {})
    places: dict[str, int] = {}
    for row in read_rows(path, found.notes):
        try:
            read = read_row(row.value, row.where)
        except Unfit as unfit:
            if not lenient:
                raise DataError(f"{unfit}; `selfinstruct seeds {path} -o seeds.jsonl` leaves such rows out") from None
            found.left_out.append(unfit)
            continue
        found.shapes[read.how] += 1
        for one in _drafts(read, row.number, row.where):
            _add(found, places, one, row.where, is_flat=read.is_flat)
    if not found.tasks:
        raise DataError(str(found.left_out[0]) if found.left_out else f"{path}: empty; {EXPECTED}")
    return found


def _drafts(read: Read, number: int, where: str) -> Iterator[Draft]:
    for values in read.rows:
        for key, part in values.items():
            if _is_broken([key, part]):
                raise DataError(
                    f"{where}: {shown(key)[1:-1]}: half of a character (a lone surrogate, \\ud800 to \\udfff)"
                )
        yield _draft({"id": f"seed-{number:03d}"} | values, where)


def _draft(values: dict[str, Any], where: str) -> Draft:
    instances = values.get("instances")
    if isinstance(instances, list):  # an evaluation's references are several answers to one input: the first is taken
        values["instances"] = [_first_reference(one) if isinstance(one, dict) else one for one in instances]
    try:
        found = Draft.model_validate(values)
    except ValidationError as error:
        what = complain(error, Draft.model_json_schema())
        hint = f"; {_HINTS[what.key]}" if what.key in _HINTS and what.text in {"missing", "empty"} else ""
        raise DataError(f"{where}: {what}{hint}") from None
    return found.model_copy(update={"id": seed_id(found.id)})


def _first_reference(instance: dict[str, Any]) -> dict[str, Any]:
    output = instance.get("output")
    return instance | {"output": output[0]} if isinstance(output, list) and output else instance


def _add(found: Drafts, places: dict[str, int], one: Draft, where: str, *, is_flat: bool) -> None:
    """Add a task, or to one of the same instruction its instances."""
    if is_flat and (place := places.get(one.instruction)) is not None:
        before = found.tasks[place]
        kinds = {before.is_classification, one.is_classification} - {None}
        if len(kinds) > 1:
            raise DataError(f"{where}: is_classification: not as at {found.where[before.id]}, for the same instruction")
        instances = tuple(dict.fromkeys(before.instances + one.instances))
        update = {"instances": instances, "is_classification": next(iter(kinds), None)}
        found.tasks[place] = before.model_copy(update=update)
        return
    if one.id in found.where:
        raise DataError(f"{where}: id {one.id!r} is also that of {found.where[one.id].rpartition(', ')[2]}")
    if is_flat:
        places[one.instruction] = len(found.tasks)
    found.where[one.id] = where
    found.tasks.append(one)


def read_seeds(path: str | Path | Traversable, *, notes: list[str] | None = None) -> list[Task]:
    """The seed tasks of a file, in its order.

    A task needs `instruction`, `instances` (at least one) and `is_classification`. A missing `id` becomes `seed-` and
    the number of its line or row; an id shaped like a generated one (a former run used as seeds) gets the prefix
    `seed-`.

    Args:
        path: JSON Lines, JSON, CSV, parquet, lines of text, `hub:OWNER/NAME[:SPLIT]` of the Hugging Face Hub, or `-`
            for standard input; its rows of any shape in seeds/README.md.
        notes: takes what there is to say of how it was read.

    Raises:
        DataError: naming file, row and column; or how many tasks lack what, and the command that fills it in.
        ConfigError: the package that reads such a file is not installed.
    """
    found = read_drafts(path)
    if notes is not None:
        notes += found.notes
    if lacks := lacking(found.tasks):
        first = next(draft for draft in found.tasks if draft.lacks)
        raise DataError(
            f"{path}: of {len(found.tasks)} tasks {lacks}, the first at {found.where[first.id].rpartition(', ')[2]}\n"
            f"Have a model fill them in: selfinstruct seeds {quote(str(path))} -o seeds.jsonl --fill --chain NAME"
        )
    return [draft.task() for draft in found.tasks]


def seeds_source(config: ChainConfig, given: str | Path | None = None) -> Path | Traversable:
    """Where the seed tasks of a chain are: as `given`, else as its key `seeds` says, else those that are shipped."""
    named = given or config.seeds
    return Path(named) if named else shipped.SEEDS


def template(language: str | Mapping[str, float] | None) -> tuple[list[Draft], str]:
    """Some shipped seed tasks to begin with, in one of the languages if they are there, and what language that is."""
    tags = list(language or ()) if not isinstance(language, str) else [language]
    for tag in (tag.partition("-")[0] for tag in tags):
        file = shipped.LANGUAGE_SEEDS / f"{tag}.jsonl"
        if file.is_file():
            return read_drafts(file).tasks, tag
    tasks = read_drafts(shipped.SEEDS).tasks
    return tasks[:: len(tasks) // _TEMPLATE], "en"


def lacking(drafts: Sequence[Draft]) -> str:
    """How many lack what, in words; "" if nothing is missing."""
    counts = Counter(name for draft in drafts for name in draft.lacks)
    return ", ".join(f"{count} lack {name}" for name, count in counts.items())


def seed_id(id_: str) -> str:
    """An id that can't be taken for one that a run gives."""
    return f"seed-{id_}" if _GENERATED_ID.fullmatch(id_) else id_


def as_seed(task: Task) -> Task:
    """A task to start from: it comes from nowhere, and has the id of a seed."""
    return task.model_copy(update={"id": seed_id(task.id), "provenance": None})


def _is_broken(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        return True
    except RecursionError:  # of a field that is not ours: what is ours is not as deep
        return False
    return False
