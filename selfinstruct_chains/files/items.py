"""Evaluation files, read into items: questions with one or more reference answers.

They may be of any format of `files.sources` and any shape of `files.shapes`, where answers are in them; a folder of
task files of Super-NaturalInstructions too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.shapes import EXPECTED, read_row
from selfinstruct_chains.files.sources import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from selfinstruct_chains.files.sources import Row


class Item(NamedTuple):
    """A question, and what it may be answered with."""

    id: str
    instruction: str
    input: str
    references: tuple[str, ...]
    """One or more; an answer is compared with each, and the best counts."""
    is_classification: bool
    """Whether the answer is a label, to be met exactly."""
    category: str = ""
    """The file's own; "" where it has none."""

    @property
    def question(self) -> str:
        """The instruction, and below it the input if there is one."""
        return f"{self.instruction}\n\n{self.input}" if self.input.strip() else self.instruction


def read_items(path: Path | Traversable) -> list[Item]:
    """The items of an evaluation file, or of a folder of task files, in their order.

    A task whose instances are several gives several items, `ID#1`, `ID#2`, ...; instances with the same input are one
    item with several references.

    Raises:
        DataError: it can't be read, is of no known shape, lacks references, or names an item twice.
    """
    items: dict[str, Item] = {}
    for row in _rows_under(path):
        for found in read_row(row.value, row.where).rows:
            for item in _items(found, row.where):
                if item.id in items:
                    raise DataError(f"{row.where}: id {item.id!r} is there twice")
                items[item.id] = item
    if not items:
        raise DataError(f"{path}: no items in it; {EXPECTED}")
    return list(items.values())


def _rows_under(path: Path | Traversable) -> Iterator[Row]:
    if not path.is_dir():
        yield from read_rows(path)
        return
    files = sorted((file for file in path.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    if not files:
        raise DataError(f"{path}: a folder without a .json file; the task files of Super-NaturalInstructions are meant")
    for file in files:
        yield from read_rows(file)


def _items(row: dict[str, Any], where: str) -> Iterator[Item]:
    if "instances" not in row:
        raise DataError(f"{where}: output: a reference answer is expected, text that is not blank")
    instruction = _text(row, "instruction", where)
    references = _by_input(row["instances"], where, "instances")
    id_ = _id(row, where)
    for number, (material, answers) in enumerate(references.items(), start=1):
        yield Item(
            id_ if len(references) == 1 else f"{id_}#{number}",
            instruction,
            material,
            answers,
            row.get("is_classification") is True,
            row.get("category", ""),
        )


def _by_input(instances: Any, where: str, key: str) -> dict[str, tuple[str, ...]]:
    """The outputs for each input."""
    found: dict[str, tuple[str, ...]] = {}
    for instance in instances if isinstance(instances, list) else [None]:
        if not isinstance(instance, dict):
            raise DataError(f'{where}: {key}: a list like [{{"input": "...", "output": "..."}}] is expected')
        material = _text(instance, "input", where, default="")
        found[material] = found.get(material, ()) + _references(instance, where)
    if not found:
        raise DataError(f"{where}: {key}: empty, so that there is nothing to compare an answer with")
    return found


def _references(row: dict[str, Any], where: str) -> tuple[str, ...]:
    output = row.get("output")
    answers = output if isinstance(output, list) else [output]
    if not answers or not all(isinstance(answer, str) and answer.strip() for answer in answers):
        raise DataError(f"{where}: output: a reference answer is expected, text that is not blank")
    return tuple(answers)


def _id(row: dict[str, Any], where: str) -> str:
    """Its own, or its place in the file."""
    id_ = row.get("id")
    return where.rpartition(" ")[2] if id_ is None or id_ == "" else str(id_)


def _text(row: dict[str, Any], key: str, where: str, default: str | None = None) -> str:
    value = row.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise DataError(f"{where}: {key}: text is expected")
    return value
