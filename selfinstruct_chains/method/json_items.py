"""What can be read from a reply in JSON, cut off or damaged as it may be."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import json_repair

from selfinstruct_chains.characters import whole_characters
from selfinstruct_chains.tasks import Instance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FENCE = re.compile(r"\A\s*```[ \t]*\w*[ \t]*\n?")
_OUTPUT_KEYS = ("output", "label", "class_label", "class label", "answer", "response")
_INPUT_KEYS = ("input", "text")
_INSTRUCTION_KEYS = ("instruction", "task")
_TRIES = 200  # broken objects looked into; a reply with more is no JSON
_REPAIRS = 3  # of objects inside one another: json_repair takes milliseconds for each
_REPAIRABLE = 20_000  # characters


class _Number(float):
    """A number that knows how it was written: a price of 1.50 stays 1.50."""

    written: str


class Found(NamedTuple):
    """The values of a reply's whole objects, and the raw text of a last one that was cut."""

    values: list[Any]
    cut: str


def looks_like_json(text: str) -> bool:
    """Whether a reply, or what its code fence holds, begins as JSON does."""
    return _FENCE.sub("", text).lstrip()[:1] in {"[", "{"}


def json_instances(text: str, *, truncated: bool) -> tuple[list[Instance], str]:
    """The instances of a JSON reply: objects with an output (or label) and an input, wherever they stand in it.

    Each whole object counts even if what surrounds it is cut or damaged. Numbers, booleans, lists and objects become
    their JSON text, null becomes "".
    """
    found = _objects(text, lambda value: isinstance(value, dict) and bool(_keys(value) & set(_OUTPUT_KEYS)), truncated)
    return [_instance(value) for value in found.values], found.cut


def json_instructions(text: str, *, truncated: bool) -> tuple[list[str], str]:
    """The instructions of a JSON reply: the strings of its first list, or objects with an instruction.

    Returns:
        The instructions, and the raw text of a last one that was cut.
    """
    found = _objects(
        text, lambda value: isinstance(value, dict) and bool(_keys(value) & set(_INSTRUCTION_KEYS)), truncated
    )
    if found.values:
        return [_as_text(_get(value, _INSTRUCTION_KEYS)) for value in found.values], found.cut
    return _strings(text)


def json_value(text: str) -> Any:
    """The first JSON value of a reply that begins as JSON; None if it is broken."""
    text = _FENCE.sub("", text).lstrip()
    return _decode(text, 0)[0]


def _objects(text: str, wanted: Callable[[Any], bool], truncated: bool) -> Found:  # noqa: FBT001
    values: list[Any] = []
    broken: list[int] = []
    position = text.find("{")
    while position >= 0 and len(broken) < _TRIES:
        value, end = _decode(text, position)
        if end < 0:
            broken.append(position)
            position = text.find("{", position + 1)
            continue
        if inside := [item for item in _walk(value) if wanted(item)]:
            values += [*_repaired(text, broken, position, wanted), *inside]
            broken.clear()
        position = text.find("{", end)
    if not truncated:
        return Found(values + _repaired(text, broken, len(text), wanted), "")
    return Found(values, text[broken[-1] if values else broken[0] :].strip() if broken else "")


def _repaired(text: str, broken: list[int], end: int, wanted: Callable[[Any], bool]) -> list[Any]:
    """The wanted objects of the first broken one that json_repair can read."""
    for start in broken[:_REPAIRS]:
        if end - start > _REPAIRABLE:
            continue
        try:
            value = json_repair.loads(text[start:end], skip_json_loads=True)
        except Exception:  # noqa: BLE001, S112 - it fails on rubbish in many ways: AssertionError, RecursionError, ...
            continue
        if found := [item for item in _walk(value) if wanted(item)]:
            return found
    return []


def _number(written: str) -> _Number:
    number = _Number(written)
    number.written = written
    return number


_DECODER = json.JSONDecoder(strict=False, parse_float=_number)


def _decode(text: str, position: int) -> tuple[Any, int]:
    """The JSON value at a position and where it ends; None and -1 if it is broken, cut, or too deep."""
    try:
        return _DECODER.raw_decode(text, position)
    except (ValueError, RecursionError):
        return None, -1


def _walk(value: object) -> Iterator[Any]:
    """The dicts in a JSON value, outer before inner, in order; not those inside an instance's own fields."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            yield item
            if _keys(item) & {*_OUTPUT_KEYS, *_INSTRUCTION_KEYS}:
                continue
            stack += reversed(item.values())
        elif isinstance(item, list):
            stack += reversed(item)


def _strings(text: str) -> tuple[list[str], str]:
    position = text.find("[")
    values: list[str] = []
    while position >= 0:
        position = text.find('"', position)
        value, end = _decode(text, position) if position >= 0 else (None, -1)
        if position >= 0 and end < 0:
            return values, text[position:].strip()
        if isinstance(value, str):
            values.append(_as_text(value))
        position = end
    return values, ""


def _keys(value: dict[str, Any]) -> set[str]:
    return {key.casefold() for key in value}


def _get(value: dict[str, Any], keys: tuple[str, ...]) -> object:
    """The value of the first of these keys that it has, in any case of letters; None if it has none."""
    lower = {key.casefold(): item for key, item in value.items()}
    return next((lower[key] for key in keys if key in lower), None)


def _instance(value: dict[str, Any]) -> Instance:
    return Instance(input=_as_text(_get(value, _INPUT_KEYS)), output=_as_text(_get(value, _OUTPUT_KEYS)))


def _as_text(value: object) -> str:
    match value:
        case str():
            return whole_characters(value.strip("\n").rstrip())
        case None:
            return ""
        case _Number():
            return value.written
        case _:
            return whole_characters(json.dumps(value, ensure_ascii=False))
