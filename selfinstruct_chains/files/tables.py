"""CSV as spreadsheets and programs write it: comma, semicolon, tab or bar; UTF-8, UTF-16 or Windows-1252."""

from __future__ import annotations

import codecs
import csv
from contextlib import suppress
from io import TextIOWrapper
from typing import IO, TYPE_CHECKING, Any

from selfinstruct_chains.errors import DataError
from selfinstruct_chains.files.complaints import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from importlib.resources.abc import Traversable
    from pathlib import Path

_BLOCK = 1 << 20  # bytes looked at at once for their encoding
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_DELIMITERS = ",;\t|"
_WORDS = {
    **dict.fromkeys(("true", "yes", "1", "wahr", "ja", "vrai", "oui", "verdadero", "sí"), True),
    **dict.fromkeys(("false", "no", "0", "falsch", "nein", "faux", "non", "falso"), False),
}
"""How spreadsheets write true and false; Excel does in its own language."""
_REASONS = {
    "limit": "a cell of more than {:,} characters; perhaps a quote is never closed",
    "end of data": "a quote is never closed",
    "expected after": "a quote inside a cell that is in quotes; there it has to be written twice",
}
"""What the csv module's errors mean, by a word of theirs."""


def records(
    path: Path | Traversable, known: Collection[str], expected: str, notes: list[str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The records of a CSV file by its header, with their numbers as a spreadsheet shows them; blank ones are skipped.

    Args:
        path: the file; what stands between cells is found by the header, as `csv.Sniffer` takes letters for it where
            cells hold several lines.
        known: names of columns, one of which the header has.
        expected: what a message says of them.
        notes: takes what there is to say of the encoding.

    Raises:
        DataError: it can't be read, has no header, or a row has more cells than the header.
    """
    try:
        with path.open("rb") as file:
            encoding = _encoding(file, path)
            if encoding == "cp1252":
                notes.append(f"{path}: not UTF-8, so read as Windows-1252; look at its letters with accents")
            file.seek(0)
            text = TextIOWrapper(file, encoding, newline="")
            yield from _records(text, path, known, expected)
    except OSError as error:
        raise DataError(f"{path}: can't be read: {error.strerror or error}") from None
    except UnicodeError:
        raise DataError(f"{path}: not text in UTF-8, UTF-16 or Windows-1252; save it as UTF-8") from None


def _encoding(file: IO[bytes], path: Path | Traversable) -> str:
    """By its mark; else UTF-8, if it is all that, or Windows-1252."""
    start = file.read(4)
    for mark, name in _MARKS.items():
        if start.startswith(mark):
            return name
    decoder, encoding = codecs.getincrementaldecoder("utf-8")(), "utf-8"
    block = start
    while block:
        if b"\0" in block:
            raise DataError(f"{path}: not text (or UTF-16 without its mark); save it as UTF-8")
        if encoding == "utf-8":
            encoding = _still(decoder, block)
        block = file.read(_BLOCK)
    return _still(decoder, b"", end=True) if encoding == "utf-8" else encoding


def _still(decoder: codecs.IncrementalDecoder, block: bytes, *, end: bool = False) -> str:
    try:
        decoder.decode(block, end)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _records(
    text: TextIOWrapper, path: Path | Traversable, known: Collection[str], expected: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    header, delimiter = _header(text, path, known, expected)
    rows = _rows(text, delimiter, path)
    next(rows, None)
    for number, row in rows:
        if any(cell.strip() for cell in row[len(header) :]):
            raise DataError(
                f"{path}, row {number}: {len(row)} cells, but the header has {len(header)}; a cell that holds "
                f"{delimiter!r} or several lines has to stand in quotes"
            )
        if any(cell.strip() for cell in row):
            cells = [*row, *[""] * len(header)]
            yield number, {name: _cell(name, cell) for name, cell in zip(header, cells, strict=False) if name}


def _rows(text: TextIOWrapper, delimiter: str, path: Path | Traversable) -> Iterator[tuple[int, list[str]]]:
    text.seek(0)
    if not (first := text.readline()).casefold().startswith("sep="):  # Excel's own line
        text.seek(0)
    number, reader = 0, csv.reader(text, delimiter=delimiter, strict=True)
    try:
        for number, row in enumerate(reader, start=1 + first.casefold().startswith("sep=")):
            yield number, row
    except csv.Error as error:
        why = next((text for word, text in _REASONS.items() if word in str(error)), str(error))
        raise DataError(f"{path}, row {number + 1}: {why.format(csv.field_size_limit())}") from None


def _header(
    text: TextIOWrapper, path: Path | Traversable, known: Collection[str], expected: str
) -> tuple[list[str], str]:
    """The names of the columns, and what stands between them: that by which most of them are known."""
    found: list[tuple[int, int, list[str], str]] = []
    for delimiter in _DELIMITERS:
        with suppress(DataError):  # by another delimiter a quote stands in the middle of a cell
            _, row = next(_rows(text, delimiter, path), (0, []))
            names = [name.strip() for name in row]
            found.append((sum(name.casefold() in known for name in names), len(names), names, delimiter))
    if not found:
        next(_rows(text, _DELIMITERS[0], path))  # which raises
    score, _, header, delimiter = max(found, key=lambda one: one[:2])
    if not any(header):
        raise DataError(f"{path}: empty; {expected}")
    if not score:
        raise DataError(f"{path}, row 1: no header, or none that is known: {', '.join(map(shown, header))}; {expected}")
    if twice := next((name for name in header if name and header.count(name) > 1), ""):
        raise DataError(f"{path}, row 1: two columns are named {shown(twice)}; give one of them another name")
    return header, delimiter


def _cell(name: str, cell: str) -> Any:
    """Text, or true or false where that is meant."""
    if name.casefold() != "is_classification":
        return cell
    return _WORDS.get(cell.strip().casefold(), cell) if cell.strip() else None
