"""Given predictions: answers that somebody else's model gave, one a line.

Known shapes, each told by its keys: an item's `id` and the `output`, as `evaluate` writes them; or, as in the paper's
published predictions and in alpaca-like files, the item's own `instruction` and `input` instead of an id. What a model
said may be called by any of `_TEXTS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.rows import json_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from selfinstruct_chains.files.items import Item

_IDS = ("id", "task_id", "item_id", "question_id")
_TEXTS = ("output", "response", "prediction", "answer", "completion", "text")
_FORM = (
    'one object {"id": "...", "output": "..."} on each line is expected; or "instruction" and "input" instead of an '
    f"id, and any of {', '.join(_TEXTS[1:])} instead of output"
)
_SHOWN = 3  # items in a message
_LONGEST = 40  # characters of an instruction there


class Answer(NamedTuple):
    """What a model answered to one item."""

    text: str
    stopped: bool | None = None
    """Whether it ended by itself, not at the token limit; None: not known."""


def read_predictions(path: Path, items: Sequence[Item], *, allow_missing: bool = False) -> dict[str, Answer]:
    """The answers of a JSON Lines file, by the item's id, in the order of `items`.

    A line may say `"stopped": true` or false, whether the model ended by itself; further keys are ignored. Where lines
    have an item's question and no id, blanks at its ends don't matter, and items with one question are answered in
    their order.

    Args:
        path: the file.
        items: what was asked.
        allow_missing: leave out what has no answer, instead of refusing the file.

    Raises:
        DataError: a line is of no known shape, answers an item twice or one that is not there, or items lack an answer.
    """
    named, asked = {item.id for item in items}, _by_question(items)
    answers: dict[str, Answer] = {}
    unknown: list[str] = []
    for where, row in json_rows(path, _FORM):
        answer = _answer(row, where)
        id_ = _id(row, asked, where)
        if id_ in answers:
            raise DataError(f"{where}: {id_!r} is answered twice")
        if id_ in named:
            answers[id_] = answer
        else:
            unknown.append(id_ or _question(row)[0][:_LONGEST])
    missing = [item.id for item in items if item.id not in answers]
    if unknown:
        raise DataError(f"{path}: {len(unknown)} answers are to no item of the evaluation file: {_listed(unknown)}")
    if missing and (len(missing) == len(items) or not allow_missing):
        more = "" if len(missing) == len(items) else "; to leave them out: --allow-missing"
        raise DataError(f"{path}: {len(missing)} of {len(items)} items have no answer: {_listed(missing)}{more}")
    return {item.id: answers[item.id] for item in items if item.id in answers}


def _answer(row: Mapping[str, Any], where: str) -> Answer:
    text, stopped = next((row[key] for key in _TEXTS if key in row), None), row.get("stopped")
    if not isinstance(text, str) or not isinstance(stopped, bool | None):
        raise DataError(f"{where}: {_FORM}")
    return Answer(text, stopped)


def _id(row: Mapping[str, Any], asked: dict[tuple[str, str], list[str]], where: str) -> str:
    """The id of the item that a line answers; "" where it has a question that is nobody's."""
    given = next((value for key in _IDS if (value := row.get(key)) is not None and value != ""), None)
    if isinstance(given, str | int) and not isinstance(given, bool):
        return str(given)
    if given is not None or not isinstance(row.get("instruction"), str):
        raise DataError(f"{where}: {_FORM}")
    ids = asked.get(_question(row), [])
    return ids.pop(0) if len(ids) > 1 else ids[0] if ids else ""


def _by_question(items: Sequence[Item]) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for item in items:
        found.setdefault((item.instruction.strip(), item.input.strip()), []).append(item.id)
    return found


def _question(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["instruction"].strip(), str(row.get("input") or "").strip()


def _listed(ids: Iterable[str]) -> str:
    ordered = sorted(ids)
    return ", ".join(map(repr, ordered[:_SHOWN])) + (", ..." if len(ordered) > _SHOWN else "")
