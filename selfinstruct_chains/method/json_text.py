"""JSON as models write it: in prose and fences, cut, damaged, with LaTeX in its strings. Text in, plain values out.

Time is linear: what can't be decoded is looked into a bounded number of times, and `json_repair`, which takes
milliseconds for a thousand characters and is quadratic on some, gets a bounded number of characters of a reply.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import json_repair

from selfinstruct_chains.method.json_marks import BACKSLASH, decodable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FENCE = re.compile(r"\A\s*```[ \t]*\w*[ \t]*\n?")
_BEGINNING = re.compile(r"\s*(?:[\[{]|\"\s*[\[{](?:\\|[\[{]))")
_PROSE = re.compile(
    r"(?P<prose>(?:[^\n]{0,300}\n){0,4}?[^\n{\[]{0,300}?)"
    r"(?:```[ \t]{0,3}\w{0,9}[ \t]{0,3}\n)?\s{0,9}[\[{]\s{0,9}[\"'\[{][^\n]"
)
_MARK_OR_FIELD = re.compile(
    r"^\W*(?:\d{1,3}[.)]|(?:expected |class )?(?:input|output|label|answer|question|response)s?(?: \d+)?:)"
    r"|^[-*\u2022] ",
    re.IGNORECASE | re.MULTILINE,
)
_TRIES = 50  # broken objects looked into before one is repaired; a reply with more is no JSON
_REPAIRS = 3  # of objects inside one another
_REPAIRED = 40_000  # characters of one reply that json_repair gets
_UNCLOSED = 20  # brackets: json_repair is quadratic in how deep they nest


class Found(NamedTuple):
    """The values of a reply's whole objects, and the raw text of a last one that was cut."""

    values: list[Any]
    cut: str


class _Number(float):
    """A number that knows how it was written: a price of 1.50 stays 1.50."""

    written: str


def looks_like_json(text: str) -> bool:
    """Whether a reply is JSON: from its beginning, in its code fence, or below a line or two of prose."""
    inside = _FENCE.sub("", text, count=1)
    if _BEGINNING.match(inside):
        return True
    prose = _PROSE.match(text)
    return prose is not None and not _MARK_OR_FIELD.search(prose["prose"])


def json_value(text: str) -> Any:
    """The first JSON value of a reply that begins as JSON; None if it is broken."""
    text = decodable(_FENCE.sub("", text, count=1).lstrip())
    return _decode(text, 0)[0]


def first_value(text: str) -> Any:
    """The first list or object of a reply; None if it is broken or there is none."""
    text = decodable(text)
    start = min((at for at in (text.find("["), text.find("{")) if at >= 0), default=-1)
    return None if start < 0 else _decode(text, start)[0]


def unescaped(text: str) -> str:
    """What a reply that is one JSON string, or the inside of one, holds if that looks like JSON; else the reply."""
    body = text.strip()
    if not (body.startswith('"') or re.match(r'[\[{]\s*(?:[\[{]\s*)*\\"', body)):
        return text
    quoted = body if body.startswith('"') else f'"{body}'
    for ending in ("", '"'):
        value, _ = _decode(decodable(quoted + ending), 0)
        if isinstance(value, str) and _BEGINNING.match(value):
            return value
    return text


def objects(text: str, inside: Callable[[Any], list[Any]], *, truncated: bool) -> Found:
    """What `inside` finds in the objects of a reply, in their order, wherever they stand in it.

    Args:
        text: the reply.
        inside: the wanted values in a decoded one.
        truncated: it was cut, so its last broken object is not repaired.
    """
    return _Reader(text, inside).read(truncated=truncated)


def strings(text: str) -> tuple[list[str], str]:
    """The strings of a reply's first list, cut or not, and the raw text of a last one that was cut."""
    marked = decodable(text)
    position, values = marked.find("["), list[str]()
    while position >= 0 and (start := _next_string(marked, position + 1)) >= 0:
        value, end = _decode(marked, start)
        if end < 0:
            return values, text[start:].strip()
        values.append(value)
        position = end - 1
    return values, ""


def repaired(text: str) -> Any:
    """What json_repair makes of a text; None if it fails, or if the text is too long or too deep for it."""
    if len(text) > _REPAIRED or text.count("{") + text.count("[") > text.count("}") + text.count("]") + _UNCLOSED:
        return None
    marked = decodable(text).replace(BACKSLASH, "\\\\")
    lines = [line.strip() for line in marked.split("\n") if line.strip()]
    are_objects = len(lines) > 1 and all(line[0] == "{" and line.endswith(("}", "},")) for line in lines)
    try:
        if are_objects:  # in one text it keeps the last of those that have the same keys
            return [json_repair.loads(line, skip_json_loads=True) for line in lines]
        return json_repair.loads(marked, skip_json_loads=True)
    except Exception:  # noqa: BLE001 - it fails on rubbish in many ways: AssertionError, RecursionError, ...
        return None


class _Reader:
    """Reads one reply from its beginning to its end."""

    def __init__(self, text: str, inside: Callable[[Any], list[Any]]) -> None:
        self.text, self.inside = text, inside
        self.room = _REPAIRED

    def read(self, *, truncated: bool) -> Found:
        values: list[Any] = []
        broken: list[int] = []
        marked = decodable(self.text)
        value, end = _decode(marked, max(marked.find("["), 0))
        if found := self.inside(value):
            values = found
        position = marked.find("{", max(end, 0) if found else 0)
        while position >= 0 and len(broken) < _TRIES:
            value, end = _decode(marked, position)
            if end < 0:
                broken.append(position)
                position = marked.find("{", position + 1)
                continue
            if found := self.inside(value):
                values += [*self._repaired(broken, position), *found]
                broken.clear()
            position = marked.find("{", end)
        if not truncated or not broken:
            return Found(values + self._repaired(broken, len(self.text)), "")
        if not values:
            values = self._repaired(broken, len(self.text) if self._is_closed() else broken[-1])
        return Found(values, self.text[broken[-1] if values else broken[0] :].strip())

    def _is_closed(self) -> bool:
        """Whether the last object is whole."""
        return self.text.rstrip(" \n,]`").endswith("}")

    def _repaired(self, broken: list[int], end: int) -> list[Any]:
        """What is wanted in the first broken object that can be repaired."""
        for start in broken[:_REPAIRS]:
            if end - start > self.room or ":" not in self.text[start:end]:
                continue  # too much of it, or no key in it
            self.room -= end - start
            if found := self.inside(repaired(self.text[start:end])):
                return found
        return []


def _next_string(text: str, position: int) -> int:
    """Where the next string of a list begins; -1 at its end."""
    match = _SEPARATOR.match(text, position)
    end = match.end() if match else position
    return end if text[end : end + 1] == '"' else -1


_SEPARATOR = re.compile(r"[\s,]*")


def _number(written: str) -> _Number:
    number = _Number(written)
    number.written = written
    return number


def _object(pairs: list[tuple[str, Any]]) -> Any:
    """An object, or several where a key comes again: models write the next example's fields behind the last one's."""
    parts: list[dict[str, Any]] = [{}]
    for key, value in pairs:
        if key in parts[-1]:
            parts.append({})
        parts[-1][key] = value
    return parts[0] if len(parts) == 1 else parts


_DECODER = json.JSONDecoder(strict=False, parse_float=_number, object_pairs_hook=_object)


def _decode(marked: str, position: int) -> tuple[Any, int]:
    """The JSON value at a position of a marked text, and where it ends; None and -1 if it is broken or too deep."""
    try:
        value, end = _DECODER.raw_decode(marked, position)
        if BACKSLASH in marked[position:end]:
            value = _DECODER.decode(marked[position:end].replace(BACKSLASH, "\\\\"))
    except (ValueError, RecursionError):
        return None, -1
    return value, end


def as_text(value: object) -> str:
    """A value as the text of a field: strings as they are, null as "", all else as its JSON."""
    match value:
        case str():
            return value.strip("\n").rstrip()
        case None:
            return ""
        case _Number():
            return value.written
        case _:
            return json.dumps(value, ensure_ascii=False)


def walk(value: object, stops: Callable[[dict[str, Any]], bool]) -> Iterator[Any]:
    """The objects in a value, outer before inner, in order, also those in strings that hold JSON; not below a stop."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            item = first_value(item) if _BEGINNING.match(item) else None
        if isinstance(item, dict):
            yield item
            if not stops(item):
                stack += reversed(item.values())
        elif isinstance(item, list):
            stack += reversed(item)
