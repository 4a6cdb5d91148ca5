"""The objects of a JSONL file or of one JSON array, as they came, and the texts in their fields."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from selfinstruct_chains.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Item(NamedTuple):
    """An object of a file."""

    number: int
    """Its line, or in an array its place, from 1."""
    raw: bytes
    end: int
    """Bytes of the input up to here."""
    unit: str
    """What the number counts: "line" or "item"."""


def items(source: BinaryIO) -> Iterator[Item]:
    """What stands on each line or, from an array, each item.

    Raises:
        DataError: it begins with an array that is not whole.
    """
    end, begun = 0, False
    for number, line in enumerate(source, 1):
        end += len(line)
        raw = (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).strip()
        if raw.startswith(b"[") and not begun:
            yield from _array(source, b"\n" * (number - 1) + raw)
            return
        if raw:
            begun = True
            yield Item(number, raw, end, "line")


def _array(source: BinaryIO, start: bytes) -> Iterator[Item]:
    data = start + b"\n" + source.read()
    try:
        values = _loaded(data)
    except DataError as error:
        raise DataError(f"{name(source)}: the JSON array that it begins with is {error}") from error.__cause__
    for place, value in enumerate(values, 1):
        yield Item(place, dumped(value), len(data) * place // len(values), "item")


def texts(raw: bytes, fields: Sequence[str]) -> tuple[str, ...]:
    """The texts in an object's fields. Of several fields some may be missing or null, which is as good as empty.

    Raises:
        DataError: it is no object, or has none of them, or something else than a text.
    """
    value = _loaded(raw)
    if not isinstance(value, dict):
        raise DataError(f"not a JSON object but {raw[:20].decode(errors='replace')}")
    if not any(field in value for field in fields):
        raise DataError(f"no field {' or '.join(map(repr, fields))}{did_you_mean(fields[0], value)}")
    return tuple(_text(value, field, needed=len(fields) == 1) for field in fields)


def _text(value: dict[str, Any], field: str, *, needed: bool) -> str:
    text = value.get(field)
    if text is None and not needed:
        return ""
    if not isinstance(text, str):
        raise DataError(f"field {field!r} is of type {type(text).__name__}, not a string")
    return text


def _loaded(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode())
    except UnicodeDecodeError as error:
        raise DataError(f"not UTF-8 at byte {error.start + 1}") from error
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if error.lineno > 1 else ""
        raise DataError(f"not JSON: {error.msg} ({line}column {error.colno})") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"not JSON that can be read: {error}") from error


def dumped(value: object) -> bytes:
    """A value as JSON in UTF-8."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can write
        return json.dumps(value).encode()


def name(source: BinaryIO) -> str:
    """What messages call a source."""
    return str(getattr(source, "name", "input"))
