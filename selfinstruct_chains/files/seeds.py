"""Seed tasks, read from a file."""

from __future__ import annotations

import json
import re
import sys
from contextlib import nullcontext
from json import JSONDecodeError
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.complaints import complain, shown
from selfinstruct_chains.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

_GENERATED_ID = re.compile(r"\d{6,}-\d{2,}")
_EXPECTED = "one task on each line is expected, as a JSON object"
_NOT_UTF_8 = "not text in UTF-8 (UTF-16, perhaps, or Latin-1?); save the file as UTF-8"
_HINTS = {
    "instruction": "the task in words is expected",
    "instances": 'a list like [{"input": "...", "output": "..."}] is expected, input may be ""',
    "is_classification": "true or false is expected",
}
"""What to say of a field that is missing or empty."""


def read_lines(path: Path | Traversable) -> Iterator[tuple[int, str]]:
    """The non-blank lines of a UTF-8 text file with their numbers, from 1; a BOM and CRLF are simply read.

    The path `-` is standard input.

    Raises:
        DataError: the file is missing, a folder, not readable, or not UTF-8.
    """
    try:
        with nullcontext(sys.stdin.buffer) if str(path) == "-" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip("\r\n \t")
                if "\0" in text:
                    raise DataError(f"{path}, line {number}: {_NOT_UTF_8}")
                if text:
                    yield number, text
    except OSError as error:
        raise DataError(f"{path}: can't be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}, line {number}: {_NOT_UTF_8}") from None


def read_seeds(path: str | Path | Traversable) -> list[Task]:
    """The seed tasks of a JSON Lines file, in its order.

    A task needs `instruction`, `instances` (at least one) and `is_classification`. A missing `id` becomes `seed-` and
    the line number; an id shaped like a generated one (a former run used as seeds) gets the prefix `seed-`.

    Raises:
        DataError: naming file, line and field.
    """
    path = Path(path) if isinstance(path, str) else path
    tasks: dict[str, Task] = {}
    lines: dict[str, int] = {}
    for number, line in read_lines(path):
        task = _parse_seed(line, number, f"{path}, line {number}")
        if task.id in tasks:
            raise DataError(f"{path}, line {number}: id {task.id!r} is also that of line {lines[task.id]}")
        tasks[task.id], lines[task.id] = task, number
    if not tasks:
        raise DataError(f"{path}: empty; {_EXPECTED}")
    return list(tasks.values())


def as_seed(task: Task) -> Task:
    """A task to start from: it comes from nowhere, and its id can't be taken for one that the run gives."""
    id_ = f"seed-{task.id}" if _GENERATED_ID.fullmatch(task.id) else task.id
    return task.model_copy(update={"id": id_, "provenance": None})


def _parse_seed(line: str, number: int, where: str) -> Task:
    value = _parse_object(line, where)
    value = {"id": f"seed-{number:03d}"} | value | {"provenance": None}
    for key, part in value.items():
        if _is_broken([key, part]):
            raise DataError(f"{where}: {shown(key)[1:-1]}: half of a character (a lone surrogate, \\ud800 to \\udfff)")
    try:
        return as_seed(Task.model_validate_json(json.dumps(value)))
    except ValidationError as error:
        found = complain(error, Task.model_json_schema())
        hint = f"; {_HINTS[found.key]}" if found.key in _HINTS and found.text in {"missing", "empty"} else ""
        raise DataError(f"{where}: {found}{hint}") from None


def _parse_object(line: str, where: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        found = f"{error.msg} at column {error.colno}" if isinstance(error, JSONDecodeError) else "too long or too deep"
        raise DataError(f"{where}: not JSON ({found}); {_EXPECTED}") from None
    if not isinstance(value, dict):
        found = "an array" if isinstance(value, list) else "a string" if isinstance(value, str) else shown(value)
        raise DataError(f"{where}: {found}, but {_EXPECTED}")
    return value


def _is_broken(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False
