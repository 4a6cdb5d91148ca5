"""Evaluation files, read into items: questions with one or more reference answers.

Known shapes, each told by its keys:

- tasks of ours and the published ones, the paper's user-oriented file among them: `instruction`, `instances`;
- a task file of Super-NaturalInstructions, or a folder of them: `Definition`, `Instances`;
- alpaca: `instruction`, `input`, `output`;
- messages: a `messages` list of one question and its answer.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.complaints import shown
from selfinstruct_chains.files.seeds import read_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

_SHAPES = (
    'expected are tasks ("instruction", "instances"), Super-NaturalInstructions ("Definition", "Instances"), '
    'alpaca ("instruction", "input", "output") or "messages"'
)
_LABELLED = (
    "classification",
    "textual entailment",
    "coreference resolution",
    "dialogue act recognition",
    "word analogy",
)
"""Categories of Super-NaturalInstructions that it scores by exact match (Wang et al. 2022b, section 5.1), and those
that call themselves a classification."""


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
    for where, row in _rows_under(path):
        for item in _items(row, where):
            if item.id in items:
                raise DataError(f"{where}: id {item.id!r} is there twice")
            items[item.id] = item
    if not items:
        raise DataError(f"{path}: no items in it; {_SHAPES}")
    return list(items.values())


def _rows_under(path: Path | Traversable) -> Iterator[tuple[str, Any]]:
    if not path.is_dir():
        yield from read_rows(path)
        return
    files = sorted((file for file in path.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    if not files:
        raise DataError(f"{path}: a folder without a .json file; the task files of Super-NaturalInstructions are meant")
    for file in files:
        yield from read_rows(file)


def read_rows(path: Path | Traversable) -> Iterator[tuple[str, Any]]:
    """The objects of a file that is JSON Lines, one JSON array, or one JSON object, and where each stands.

    Raises:
        DataError: it can't be read, or is no JSON.
    """
    lines = list(read_lines(path))
    try:
        whole = json.loads("\n".join(line for _, line in lines))
    except (ValueError, RecursionError):
        yield from ((f"{path}, line {number}", _object(path, number, line)) for number, line in lines)
        return
    if isinstance(whole, list):
        yield from ((f"{path}, item {number}", row) for number, row in enumerate(whole, start=1))
    else:
        yield f"{path}, item 1", whole


def _object(path: Path | Traversable, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise DataError(
            f"{path}, line {number}: not JSON; one object on each line, or one array, is expected"
        ) from None


def _items(row: Any, where: str) -> Iterator[Item]:
    if isinstance(row, dict):
        for keys, read in _READERS.items():
            if keys <= row.keys():
                return read(row, where)
    raise DataError(f"{where}: {shown(row) if not isinstance(row, dict) else 'of no known shape'}; {_SHAPES}")


def _task(row: dict[str, Any], where: str) -> Iterator[Item]:
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
            _category(row.get("category", row.get("motivation_app"))),
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


def _natural_instructions(row: dict[str, Any], where: str) -> Iterator[Item]:
    """Each of its instances is an item of its own, with the references that it names."""
    definition, instances = row["Definition"], row["Instances"]
    instruction = "\n".join(map(str, definition)) if isinstance(definition, list) else str(definition)
    categories = row.get("Categories") or [""]
    category = _category(categories[0] if isinstance(categories, list) else categories)
    labelled = any(name in category.casefold() for name in _LABELLED)
    for number, instance in enumerate(instances if isinstance(instances, list) else [None], start=1):
        here = f"{where}, instance {number}"
        if not isinstance(instance, dict):
            raise DataError(f'{here}: {{"input": "...", "output": ["..."]}} is expected')
        material, references = _text(instance, "input", here, default=""), _references(instance, here)
        yield Item(_id(instance, here), instruction, material, references, labelled, category)


def _alpaca(row: dict[str, Any], where: str) -> Iterator[Item]:
    yield Item(
        _id(row, where),
        _text(row, "instruction", where),
        _text(row, "input", where, default=""),
        _references(row, where),
        row.get("is_classification") is True,
        _category(row.get("category")),
    )


def _messages(row: dict[str, Any], where: str) -> Iterator[Item]:
    turns = row["messages"]
    try:
        said = [(turn["role"], turn["content"]) for turn in turns]
    except (TypeError, KeyError):
        raise DataError(f'{where}: messages: a list of {{"role": "...", "content": "..."}} is expected') from None
    before = [text for role, text in said if role == "system"]
    if [role for role, _ in said if role != "system"] != ["user", "assistant"]:
        raise DataError(f"{where}: messages: one question (user) and one answer (assistant) can be scored, no more")
    asked, answer = (text for role, text in said if role != "system")
    if not all(isinstance(text, str) for _, text in said) or not answer.strip():
        raise DataError(f"{where}: messages: content: text is expected, and the answer is not to be blank")
    question = "\n\n".join([*before, asked])
    yield Item(
        _id(row, where), question, "", (answer,), is_classification=False, category=_category(row.get("category"))
    )


_READERS: dict[frozenset[str], Callable[[dict[str, Any], str], Iterator[Item]]] = {
    frozenset({"Definition", "Instances"}): _natural_instructions,
    frozenset({"instruction", "instances"}): _task,
    frozenset({"messages"}): _messages,
    frozenset({"instruction", "output"}): _alpaca,
}
"""By the keys that tell a shape."""


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


def _category(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""
