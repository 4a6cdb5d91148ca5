"""The rows of a data file, whatever its format: JSON, CSV, parquet, plain lines, or a dataset of the Hub."""

from __future__ import annotations

import json
from io import BytesIO
from itertools import chain, islice
from json import JSONDecodeError
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.extras import needed
from selfinstruct_chains.files.lines import read_lines
from selfinstruct_chains.files.shapes import COLUMN_NAMES, EXPECTED, is_known
from selfinstruct_chains.files.tables import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from importlib.resources.abc import Traversable

HUB = "hub:"
"""What begins the name of a dataset of the Hub: hub:OWNER/NAME, or hub:OWNER/NAME:SPLIT."""
_JSON = "one object on each line, or one array of them, is expected"
_BATCH = 256  # rows of a parquet file that are in memory at once
_UNREAD = {
    **dict.fromkeys((".xlsx", ".xls", ".ods"), "a spreadsheet; save it as CSV UTF-8, and give that"),
    **dict.fromkeys((".yaml", ".yml"), "YAML is not read; give JSON, JSON Lines or CSV"),
}


class Row(NamedTuple):
    """What stands at one place of a file."""

    source: str
    unit: str
    """What is counted: "line" of text, "item" of an array, or "row" of a table, whose header is row 1."""
    number: int
    value: Any

    @property
    def where(self) -> str:
        """Its place, for a message."""
        return f"{self.source}, {self.unit} {self.number}"


def read_rows(path: Path | Traversable, notes: list[str] | None = None) -> Iterator[Row]:
    """The rows of a file in its order: by its suffix, else JSON if it begins so, else CSV. `-` is standard input.

    Args:
        path: the file, or `hub:OWNER/NAME[:SPLIT]`.
        notes: takes what there is to say of how it was read.

    Raises:
        DataError: it can't be read, or is not what its suffix says.
        ConfigError: the package that reads it is not installed.
    """
    notes = [] if notes is None else notes
    if str(path).startswith(HUB):
        from selfinstruct_chains.files.hub import dataset_files  # which reads its files by this module

        files = dataset_files(str(path).removeprefix(HUB), notes)
        rows = (row for file in files for row in read_rows(file, notes))
        yield from (Row(str(path), "row", number, row.value) for number, row in enumerate(rows, start=1))
        return
    suffix = Path(path.name).suffix.casefold()
    if suffix in _UNREAD:
        raise DataError(f"{path}: {_UNREAD[suffix]}")
    yield from _READERS.get(suffix, _by_content)(path, notes)


def json_rows(path: Path | Traversable, _: list[str] | None = None) -> Iterator[Row]:
    """The objects of a file that is JSON Lines, one JSON array, or one JSON object, which may be around such an array.

    JSON Lines are read one at a time.

    Raises:
        DataError: it can't be read, or is no JSON.
    """
    lines = read_lines(path)
    first = list(islice(lines, 2))
    if _are_lines(first):
        yield from (Row(str(path), "line", number, _line(path, number, text)) for number, text in chain(first, lines))
        return
    yield from _whole(path, [*first, *lines])


def _are_lines(first: list[tuple[int, str]]) -> bool:
    """Whether each line is a value of its own, by the first two."""
    texts = [text for _, text in first]
    starts = [text[0] for text in texts]
    return starts[:1] not in (["{"], ["["]) or starts == ["{", "{"]


def _line(path: Path | Traversable, number: int, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_json(path, number, error) from None


def _no_json(path: Path | Traversable, number: int, error: ValueError | RecursionError) -> DataError:
    found = f"{error.msg} at column {error.colno}" if isinstance(error, JSONDecodeError) else "too long or too deep"
    return DataError(f"{path}, line {number}: not JSON ({found}); {_JSON}")


def _whole(path: Path | Traversable, lines: list[tuple[int, str]]) -> Iterator[Row]:
    try:
        value = json.loads("\n".join(text for _, text in lines))
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, JSONDecodeError) else 1
        raise _no_json(path, lines[min(line, len(lines)) - 1][0], error) from None
    items = value if isinstance(value, list) else _inside(value)
    if items is None:
        yield Row(str(path), "line", lines[0][0], value)
    else:
        yield from (Row(str(path), "item", number, item) for number, item in enumerate(items, start=1))


def _inside(value: Any) -> list[Any] | None:
    """The only list of objects in an object that is no row itself: {"version": 1, "data": [...]}."""
    if not isinstance(value, dict) or is_known(value):
        return None
    lists = [one for one in value.values() if isinstance(one, list) and one and isinstance(one[0], dict)]
    return lists[0] if len(lists) == 1 else None


def _text_rows(path: Path | Traversable, _: list[str]) -> Iterator[Row]:
    for number, text in read_lines(path):
        yield Row(str(path), "line", number, {"instruction": text})


def _table_rows(path: Path | Traversable, notes: list[str]) -> Iterator[Row]:
    for number, record in records(path, COLUMN_NAMES, EXPECTED, notes):
        yield Row(str(path), "row", number, record)


def _parquet_rows(path: Path | Traversable, _: list[str]) -> Iterator[Row]:
    parquet, arrow = needed("pyarrow.parquet", "hub"), needed("pyarrow", "hub")
    try:
        with path.open("rb") as file:
            batches = parquet.ParquetFile(file).iter_batches(batch_size=_BATCH)
            rows = (row for batch in batches for row in batch.to_pylist())
            yield from (Row(str(path), "row", number, row) for number, row in enumerate(rows, start=1))
    except OSError as error:
        raise DataError(f"{path}: can't be read: {error.strerror or error}") from None
    except arrow.ArrowException as error:
        raise DataError(f"{path}: not a parquet file that can be read ({str(error).splitlines()[0]})") from None


def _by_content(path: Path | Traversable, notes: list[str]) -> Iterator[Row]:
    given = _Given(path)
    read = json_rows if given.start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"[", b""} else _table_rows
    yield from read(given, notes)  # type: ignore[arg-type]  # it has what is used of a path


class _Given:
    """A file of which the beginning was looked at, also where it can be read only once."""

    def __init__(self, path: Path | Traversable) -> None:
        self._path, self.name = path, path.name
        try:
            self._kept = _standard_input() if str(path) == "-" else None
            with self.open("rb") as file:
                self.start: bytes = file.read(1 << 10)
        except OSError as error:
            raise DataError(f"{path}: can't be read: {error.strerror or error}") from None

    def open(self, _: str = "rb") -> Any:
        return self._path.open("rb") if self._kept is None else BytesIO(self._kept)

    def __str__(self) -> str:
        return "standard input" if self._kept is not None else str(self._path)


def _standard_input() -> bytes:
    import sys

    return sys.stdin.buffer.read()


_READERS: dict[str, Callable[[Path | Traversable, list[str]], Iterator[Row]]] = {
    **dict.fromkeys((".json", ".jsonl", ".ndjson"), json_rows),
    **dict.fromkeys((".csv", ".tsv", ".tab"), _table_rows),
    ".parquet": _parquet_rows,
    ".txt": _text_rows,
}
"""By the suffix of a file's name."""
