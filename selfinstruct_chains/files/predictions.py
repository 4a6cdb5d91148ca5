"""Given predictions: answers that somebody else's model gave, one `id` and `output` a line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.seeds import read_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from selfinstruct_chains.files.items import Item

_FORM = 'one object {"id": "...", "output": "..."} on each line is expected'
_SHOWN = 3  # ids in a message


class Answer(NamedTuple):
    """What a model answered to one item."""

    text: str
    stopped: bool | None = None
    """Whether it ended by itself, not at the token limit; None: not known."""


def read_predictions(path: Path, items: Sequence[Item]) -> dict[str, Answer]:
    """The answers of a JSON Lines file, by the item's id: one for each of `items`.

    A line may say `"stopped": true` or false, whether the model ended by itself; further keys are ignored.

    Raises:
        DataError: a line has no id and output, answers an item twice or one that is not there, or items lack an answer.
    """
    wanted = {item.id for item in items}
    answers: dict[str, Answer] = {}
    for where, row in _rows(path):
        id_, text, stopped = str(row.get("id", "")), row.get("output"), row.get("stopped")
        if not id_ or not isinstance(text, str) or not isinstance(stopped, bool | None):
            raise DataError(f"{where}: {_FORM}")
        if id_ in answers:
            raise DataError(f"{where}: {id_!r} is answered twice")
        answers[id_] = Answer(text, stopped)
    _compare(path, wanted, answers)
    return {item.id: answers[item.id] for item in items}


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in read_lines(path):
        where = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise DataError(f"{where}: not JSON; {_FORM}") from None
        if not isinstance(row, dict):
            raise DataError(f"{where}: {_FORM}")
        yield where, row


def _compare(path: Path, wanted: set[str], answers: Mapping[str, Answer]) -> None:
    missing, unknown = wanted - answers.keys(), answers.keys() - wanted
    if missing:
        raise DataError(f"{path}: {len(missing)} of {len(wanted)} items have no answer: {_listed(missing)}")
    if unknown:
        raise DataError(f"{path}: {len(unknown)} answers are to no item of the evaluation file: {_listed(unknown)}")


def _listed(ids: Iterable[str]) -> str:
    ordered = sorted(ids)
    return ", ".join(map(repr, ordered[:_SHOWN])) + (", ..." if len(ordered) > _SHOWN else "")
