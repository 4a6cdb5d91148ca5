"""A JSON Lines file that each start derives again from the journal, with a checksum for each line beside it."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct_chains.errors import RunError
from selfinstruct_chains.files.writing import kept, replacing
from selfinstruct_chains.run.sealed import SUM_LENGTH, Differs, checked_lines, line_sum, sums_of
from selfinstruct_chains.tasks import to_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from typing import BinaryIO

    from pydantic import BaseModel


class Derived:
    """Lines that are there already and the same stay; the rest is appended. So a smaller goal takes nothing away.

    What does not fit its checksums, or is not what is derived now, is copied before it is cut off.

    Args:
        path: the file; made if it is not there.
        say: told of such a copy.
        ended: whether who wrote it last came to its end.
        unchecked: whether it may come from a version that wrote no checksums; its lines are taken as they stand then.

    Raises:
        OSError: it can't be opened.
    """

    def __init__(self, path: Path, say: Callable[[str], None], *, ended: bool = False, unchecked: bool = False) -> None:
        self._path, self._say = path, say
        if unchecked and not sums_of(path).exists():
            write_sums(path)
        with ExitStack() as opened:
            self._file = opened.enter_context(path.open("ab", buffering=0))
            self._sums = opened.enter_context(sums_of(path).open("ab", buffering=0))
            # What is there, as far as it was not compared yet.
            self._there: BinaryIO | None = opened.enter_context(path.open("rb"))
            good = good_lines(path, ended=ended)
            if good.more:
                self._keep(good.lines + 1)
            self._cut(good.size, good.lines)
            self._opened = opened.pop_all()
        self._count = 0

    def put(self, value: BaseModel) -> None:
        """The next line.

        Raises:
            RunError: the disk is full, or the folder is gone.
        """
        line = as_line(value)
        try:
            if not self._is_there(line):
                _append(self._file, line)
                _append(self._sums, line_sum(line))
        except OSError as error:
            raise RunError(f"{self._path}: can't be written: {error.strerror or error}") from None
        self._count += 1

    def close(self) -> None:
        """Put it on the disk."""
        with self._opened:
            for file in (self._file, self._sums):
                if not file.closed:
                    os.fsync(file.fileno())

    def _is_there(self, line: bytes) -> bool:
        """Whether `line` comes next in the file; if not, what comes next is cut off."""
        if not self._there:
            return False
        place = self._there.tell()
        found = self._there.readline()
        if found == line:
            return True
        if found:
            self._keep(self._count + 1)
            self._cut(place, self._count)
        self._there.close()
        self._there = None
        return False

    def _keep(self, number: int) -> None:
        copy = kept(self._path)
        self._say(f"{self._path.name} was not as the journal has it, from line {number} on; it is kept as {copy.name}")

    def _cut(self, size: int, count: int) -> None:
        self._sums.truncate(count * SUM_LENGTH)  # first: whoever reads meanwhile takes a line more for one just written
        self._file.truncate(size)


class Good(NamedTuple):
    """How far a derived file is as it was written."""

    lines: int
    size: int
    """In bytes."""
    more: bool
    """Whether anything else is there or gone, a last line that a kill left without its checksum apart."""


def good_lines(path: Path, *, ended: bool = False) -> Good:
    """How far the derived file `path`, if it is there, fits its checksums; `ended` as for `checked_lines`.

    Raises:
        OSError: it can't be read.
    """
    count = size = 0
    if not (path.exists() or sums_of(path).exists()):
        return Good(0, 0, more=False)
    try:
        with path.open("rb") as file, sums_of(path).open("rb") as sums:
            for line in checked_lines(file, sums, ended=ended):
                count, size = count + 1, size + len(line)
    except (Differs, FileNotFoundError):
        return Good(count, size, more=True)
    return Good(count, size, more=False)


def write_derived(path: Path, values: Iterable[BaseModel]) -> None:
    """Write the derived file `path` whole, and its checksums.

    Raises:
        OSError: it can't be written.
    """
    with replacing(path) as file, replacing(sums_of(path)) as sums:
        for value in values:
            line = as_line(value)
            file.write(line)
            sums.write(line_sum(line))


def write_sums(path: Path) -> None:
    """Write checksums of the lines that stand in `path`, if it is there."""
    with replacing(sums_of(path)) as sums:
        if path.exists():
            with path.open("rb") as file:
                sums.writelines(line_sum(line) for line in file if line.endswith(b"\n"))


def as_line(value: BaseModel) -> bytes:
    """A value's line."""
    return to_line(value).encode("utf-8", "backslashreplace")


def _append(file: BinaryIO, data: bytes) -> None:
    if file.write(data) != len(data):
        raise OSError("the disk is full")
