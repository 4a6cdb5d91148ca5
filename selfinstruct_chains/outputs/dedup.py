"""Dropping near-duplicates from a file: the first of each similar group stays, by exact ROUGE-L F-measure.

Input is JSONL or one JSON array of objects, in UTF-8; output is JSONL. A kept item is written as it came. A rejected
one stands, as it came, under "item" in a line of the second file:

    {"line": 17, "score": 0.833333, "nearest": {"line": 3, "text": "..."}, "item": {...}}

`nearest` is the most similar of the kept ones, of equal ones the first; lines (in an array: items) count from 1, blank
ones too. The kept texts stay in memory with their index, and an array as a whole.
"""

from __future__ import annotations

import json
from array import array
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from selfinstruct_chains.errors import ConfigError, DataError, did_you_mean
from selfinstruct_chains.files.writing import replacing
from selfinstruct_chains.method.novelty import NoveltyIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selfinstruct_chains.method.tokens import Tokenizer

_PROGRESS_EVERY = 500  # items between two calls of `on_progress`


@dataclass
class Deduplicated:
    """What became of a file's items."""

    kept: int = 0
    rejected: int = 0
    """Too similar to a kept one."""
    bad: int = 0
    """Left out for what was wrong with them."""
    first_bad: str = ""
    """Where the first of those was, and what was wrong."""


class _Item(NamedTuple):
    number: int
    raw: bytes
    end: int
    """Bytes of the input up to here."""


def dedup(  # noqa: PLR0913 - one for each choice a user has
    source: BinaryIO,
    out: Path,
    *,
    rejected: Path | None = None,
    field: str = "instruction",
    threshold: float | str = 0.7,
    tokenizer: Tokenizer = "unicode",
    skip_bad: bool = False,
    force: bool = False,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Deduplicated:
    """Write the novel items of `source` to `out`, the others to `rejected` (see `rejected_beside`), and count them.

    The files appear when all is done; until then, and if anything goes wrong, there is nothing of them. What stands
    there already is replaced only by `force`. `skip_bad` counts and leaves out what has no text in `field`.
    `threshold` and `tokenizer` are NoveltyIndex's. `on_progress` gets the number of bytes read, now and then.

    Raises:
        ConfigError: Threshold, tokenizer or an output path is wrong.
        DataError: The source, named by its `name`, is not what it should be.
    """
    rejected = rejected or rejected_beside(out)
    _check_outputs(source, out, rejected, force=force)
    counts, filter_ = Deduplicated(), _Filter(threshold, tokenizer)
    with _replacing(out) as kept, _replacing(rejected) as dropped:
        for item, text in _texts(source, field, counts if skip_bad else None):
            rejection = filter_.rejection(item, text)
            counts.kept += not rejection
            counts.rejected += bool(rejection)
            if rejection:
                dropped.write(rejection)
            else:
                kept.write(item.raw + b"\n")
            if (counts.kept + counts.rejected) % _PROGRESS_EVERY == 0:
                on_progress(item.end)
    return counts


def rejected_beside(out: Path) -> Path:
    """Where the rejected items go when nothing else is said: `OUT.rejected.jsonl` for `OUT.jsonl`."""
    return out.with_name(f"{out.stem}.rejected.jsonl")


class _Filter:
    """The texts kept so far, and where they stood."""

    def __init__(self, threshold: float | str, tokenizer: Tokenizer) -> None:
        self._index = NoveltyIndex(threshold, tokenizer)
        self._numbers = array("Q")
        self._texts: list[str] = []

    def rejection(self, item: _Item, text: str) -> bytes:
        """The line that says what the text is too similar to; empty if it is novel, and then it is remembered."""
        [similar] = self._index.admit([(str(len(self._texts)), text)])
        if similar is None:
            self._numbers.append(item.number)
            self._texts.append(text)
            return b""
        at = int(similar.id)
        nearest = _dumped({"line": self._numbers[at], "text": self._texts[at]})
        head = f'{{"line": {item.number}, "score": {round(similar.score, 6)}, "nearest": '
        return b"".join([head.encode(), nearest, b', "item": ', item.raw, b"}\n"])


def _texts(source: BinaryIO, field: str, counts: Deduplicated | None) -> Iterator[tuple[_Item, str]]:
    """Each item and its text; what has none is counted, or raises DataError where there are no counts."""
    for unit, item in _items(source):
        try:
            yield item, _text(item.raw, field)
        except DataError as error:
            message = f"{_name(source)}, {unit} {item.number}: {error}"
            if counts is None:
                raise DataError(f"{message}; --skip-bad leaves such items out") from error.__cause__
            counts.bad += 1
            counts.first_bad = counts.first_bad or message


def _items(source: BinaryIO) -> Iterator[tuple[str, _Item]]:
    """What stands on each line or, from an array, each item; and which of the two it is."""
    end, begun = 0, False
    for number, line in enumerate(source, 1):
        end += len(line)
        raw = (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).strip()
        if raw.startswith(b"[") and not begun:
            yield from (("item", item) for item in _array(source, b"\n" * (number - 1) + raw))
            return
        if raw:
            begun = True
            yield "line", _Item(number, raw, end)


def _array(source: BinaryIO, start: bytes) -> Iterator[_Item]:
    data = start + b"\n" + source.read()
    try:
        values = _loaded(data)
    except DataError as error:
        raise DataError(f"{_name(source)}: the JSON array that it begins with is {error}") from error.__cause__
    for place, value in enumerate(values, 1):
        yield _Item(place, _dumped(value), len(data) * place // len(values))


def _text(raw: bytes, field: str) -> str:
    value = _loaded(raw)
    if not isinstance(value, dict):
        raise DataError(f"not a JSON object but {raw[:20].decode(errors='replace')}")
    if field not in value:
        raise DataError(f"no field {field!r}{did_you_mean(field, value)}")
    text = value[field]
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


def _dumped(value: object) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can write
        return json.dumps(value).encode()


def _name(source: BinaryIO) -> str:
    return str(getattr(source, "name", "input"))


def _check_outputs(source: BinaryIO, out: Path, rejected: Path, *, force: bool) -> None:
    if out.resolve() == rejected.resolve():
        raise ConfigError(f"{str(out)!r} can't hold both the kept and the rejected: give --rejected another name")
    for path in (out, rejected):
        if path.resolve() == Path(_name(source)).resolve():
            raise ConfigError(f"{str(path)!r} is the input: give the output another name")
        if path.is_dir():
            raise ConfigError(f"{str(path)!r} is a folder: give a file")
        if path.exists() and not force:
            raise ConfigError(f"{str(path)!r} exists: give another name, or --force to replace it")


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` when all has gone well, and leaves nothing behind otherwise."""
    try:
        with replacing(path) as stream:
            yield stream
    except OSError as error:
        raise ConfigError(f"writing {str(path)!r} failed: {error.strerror or error}") from error
